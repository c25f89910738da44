import type { ByteRange, StoredObject } from '../../../../agent-image/src/workspace/format/object-source';
import {
  ConditionFailed,
  type ListedObject,
  type ObjectStore,
  type WriteCondition,
} from '../../../../agent-image/src/workspace/object-store';

/** The container is gone: nothing that it does after this has an effect. */
export class Killed extends Error {}

/** What a bucket holds, shared by the stores of several containers. */
export interface MemoryObjects {
  readonly objects: Map<string, { body: Buffer; etag: string; modified: Date }>;
  etags: number;
}

export function memoryObjects(): MemoryObjects {
  return { objects: new Map(), etags: 0 };
}

/** Objects in memory, whose requests can fail before or after they had their effect. */
export class MemoryStore implements ObjectStore {
  /** `<verb> <key>` of every request. */
  readonly requests: string[] = [];
  /** Called before (`arrived` false) and after every request had its effect; what it throws is what the caller gets. */
  interfere: (request: string, arrived: boolean) => void | Promise<void> = () => undefined;

  constructor(readonly shared: MemoryObjects) {}

  get(key: string, range?: ByteRange): Promise<StoredObject | undefined> {
    return this.#request(`get ${key}`, () => {
      const object = this.shared.objects.get(key);
      const end = range && range.from + range.length;
      return object && { body: Buffer.from(object.body.subarray(range?.from ?? 0, end)), etag: object.etag };
    });
  }

  put(key: string, body: Buffer, condition?: WriteCondition): Promise<string> {
    return this.#request(`put ${key}`, () => {
      const there = this.shared.objects.get(key);
      if (condition !== undefined && (condition === 'absent' ? there : there?.etag !== condition.etag)) {
        throw new ConditionFailed();
      }
      this.shared.etags += 1;
      const etag = `"${this.shared.etags}"`;
      this.shared.objects.set(key, { body: Buffer.from(body), etag, modified: new Date() });
      return etag;
    });
  }

  tagOf(key: string): Promise<string | undefined> {
    return this.#request(`tag ${key}`, () => this.shared.objects.get(key)?.etag);
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    await this.#request(`list ${prefix}`, () => undefined);
    for (const [key, { modified }] of this.shared.objects) {
      if (key.startsWith(prefix)) {
        yield { key, modified };
      }
    }
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#request(`remove ${keys.length}`, () => keys.forEach((key) => this.shared.objects.delete(key)));
  }

  close(): void {
    this.requests.push('close');
  }

  async #request<T>(request: string, effect: () => T): Promise<T> {
    this.requests.push(request);
    await this.interfere(request, false);
    const result = effect();
    await this.interfere(request, true);
    return result;
  }
}
