import { ConfigError, optional } from './variables.ts';

/** Full, or without the six characters that Secrets Manager appends: both are accepted by it. */
export const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[A-Za-z0-9/_+=.@!-]{1,512}$/;

const PREFIX = 'AGENT_SECRET_';

/**
 * Reads all `AGENT_SECRET_<NAME>`.
 *
 * @returns ARNs by NAME
 * @throws ConfigError naming the variable; its value is not repeated, because it may be the secret itself by mistake
 */
export function readSecretArns(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const arns: Record<string, string> = {};
  for (const variable of Object.keys(env).filter((name) => name.startsWith(PREFIX))) {
    const arn = optional(env, variable);
    if (arn === undefined) {
      continue;
    }
    const name = variable.slice(PREFIX.length);
    if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(name)) {
      const rule = '1 to 64 upper-case letters, digits and underscores after it, with a letter first';
      throw new ConfigError(`${variable} is no name for a secret: ${PREFIX} needs ${rule}.`);
    }
    if (!SECRET_ARN.test(arn)) {
      const example = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:github-AbCdEf';
      throw new ConfigError(`${variable} is not the ARN of a secret: give one such as ${example}, never the value.`);
    }
    arns[name] = arn;
  }
  return arns;
}
