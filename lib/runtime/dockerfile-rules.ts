/** One stage of a Dockerfile. */
interface Stage {
  readonly image: string;
  /** @default - no name */
  readonly name?: string;
  /** @default - that of the image */
  readonly platform?: string;
}

/** Arguments that image builders set themselves, for what the construct asks for. */
const TARGET_ARGUMENTS = { TARGETPLATFORM: 'linux/arm64', TARGETOS: 'linux', TARGETARCH: 'arm64' };

/**
 * What speaks against the platform of a Dockerfile's last stage, which is the image; earlier stages may run on the machine
 * that builds. What depends on an argument without a value is not known, and passes.
 *
 * @param file the name of the Dockerfile, for the message
 * @param buildArgs the arguments that the builder is given
 */
export function platformFindings(
  dockerfile: string,
  file: string,
  buildArgs: Readonly<Record<string, string>> = {},
): string[] {
  const platform = imagePlatform(dockerfile, buildArgs);
  // BUILDPLATFORM is the machine that builds.
  const known = platform !== undefined && (!platform.includes('$') || /\$\{?BUILD(PLATFORM|ARCH)\b/.test(platform));
  if (!known || /^linux\/arm64(\/v8)?$/.test(platform)) return [];
  return [
    `the last stage of "${file}" is built for "${platform}", and AgentCore Runtime runs linux/arm64 only; leave --platform out (also of the stage that it begins with), the construct asks for linux/arm64`,
  ];
}

/** The platform of the last stage: its own, or that of the earlier stage that it begins with. */
function imagePlatform(dockerfile: string, buildArgs: Readonly<Record<string, string>>): string | undefined {
  const args: Record<string, string> = { ...TARGET_ARGUMENTS };
  const platforms = new Map<string, string | undefined>();
  let inStages = false;
  let last: string | undefined;
  for (const [keyword = '', ...words] of instructions(dockerfile)) {
    // Only arguments before the first stage count for the lines that begin stages.
    if (keyword.toUpperCase() === 'ARG' && !inStages) addArguments(args, words, buildArgs);
    if (keyword.toUpperCase() !== 'FROM') continue;
    const { image, name, platform } = stageOf(words.map((word) => expanded(word, args)));
    inStages = true;
    last = platform ?? platforms.get(image.toLowerCase());
    if (name !== undefined) platforms.set(name, last);
  }
  return last;
}

/** `<name>`, `<name>=<default>`, with or without quotes. */
function addArguments(
  args: Record<string, string>,
  words: readonly string[],
  buildArgs: Readonly<Record<string, string>>,
): void {
  for (const word of words) {
    const [, name = '', quoted] = /^(\w+)(?:=(.*))?$/.exec(word) ?? [];
    const value = buildArgs[name] ?? quoted?.replace(/^(["'])(.*)\1$/, '$2');
    if (value !== undefined) args[name] = expanded(value, args);
  }
}

/** `[--platform=<platform>] <image> [AS <name>]`, in words. */
function stageOf(words: readonly string[]): Stage {
  const flag = words.find((word) => word.startsWith('--platform='));
  const [image = '', , name] = words.filter((word) => !word.startsWith('--'));
  return {
    image,
    ...(name === undefined ? {} : { name: name.toLowerCase() }),
    ...(flag === undefined ? {} : { platform: flag.slice('--platform='.length) }),
  };
}

/** The words of each line, continued lines being one. */
function instructions(dockerfile: string): string[][] {
  return dockerfile
    .replace(/^[ \t]*#.*\r?\n?/gm, '')
    .replace(/\\[ \t]*\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/));
}

/** `word` with the arguments that have a value; the others stay as they are. */
function expanded(word: string, args: Readonly<Record<string, string>>): string {
  return word.replace(
    /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
    (reference, plain?: string, braced?: string, fallback?: string) =>
      args[plain ?? braced ?? ''] ?? fallback ?? reference,
  );
}
