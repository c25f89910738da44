/** What comes after a key in the order of S3, which is that of UTF-8 bytes. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a === b) continue;
    // Characters outside of the first plane come last in UTF-8, although the halves they are made of do not in UTF-16.
    const [aHalf, bHalf] = [isSurrogate(a), isSurrogate(b)];
    return aHalf === bHalf ? a - b : aHalf ? 1 : -1;
  }
  return left.length - right.length;
}

/** The keys of a bucket in order. */
export class KeyIndex {
  private readonly keys: string[];

  constructor(keys: Iterable<string>) {
    this.keys = [...keys].sort(compareKeys);
  }

  public add(key: string): void {
    const at = this.firstAt(key);
    if (this.keys[at] !== key) this.keys.splice(at, 0, key);
  }

  public remove(key: string): void {
    const at = this.firstAt(key);
    if (this.keys[at] === key) this.keys.splice(at, 1);
  }

  /** The first key that is `key` or comes after it. */
  public from(key: string): string | undefined {
    return this.keys[this.firstAt(key)];
  }

  /** The first key that comes after `key`. */
  public after(key: string): string | undefined {
    const at = this.firstAt(key);
    return this.keys[at] === key ? this.keys[at + 1] : this.keys[at];
  }

  /** The first key that comes after every key with this prefix. */
  public afterPrefix(prefix: string): string | undefined {
    return this.keys[this.search((key) => !key.startsWith(prefix) && compareKeys(key, prefix) > 0)];
  }

  private firstAt(key: string): number {
    return this.search((other) => compareKeys(other, key) >= 0);
  }

  /** The position of the first key for which `holds`, which it does for all that follow. */
  private search(holds: (key: string) => boolean): number {
    let [low, high] = [0, this.keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.keys[middle] ?? '')) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
