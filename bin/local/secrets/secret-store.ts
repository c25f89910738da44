import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CallSite } from '../model-access';
import { readPrivateJson, writePrivateJson } from '../private-file';
import { isSecretArn, secretName, secretPath, type TemplateSecret } from '../resources/secret';
import { generateSecret } from './generated-secret';
import { readSecretsFile, SECRETS_FILE } from './secrets-file';

const GENERATED_FILE = 'generated-secrets.json';

/** A secret as callers see it. */
export interface LocalSecret {
  readonly arn: string;
  readonly name: string;
  /** Undefined when nobody gave one. */
  readonly value?: string;
  /** Whether a person or the template said what the value is; otherwise it was made up. */
  readonly isGiven: boolean;
}

/** The secrets of a local run: those of the templates, and those of elsewhere whose values a person has put into a file. */
export class SecretStore {
  private readonly given: ReadonlyMap<string, string>;
  private readonly generated: ReadonlyMap<string, string>;
  private readonly standIns = new Map<string, string>();

  /**
   * @param state folder of the run's state
   * @throws Error when the file with the values cannot be read; never with a value in it
   */
  constructor(
    private readonly state: string,
    private readonly templates: readonly TemplateSecret[],
  ) {
    this.given = readSecretsFile(state);
    this.generated = keepGenerated(join(state, GENERATED_FILE), templates);
  }

  /**
   * The secret that `id` names: a full ARN, one without the suffix, or a name.
   *
   * @param site where a secret that only the file knows is taken to be
   */
  public find(id: string, site: CallSite): LocalSecret {
    const known = this.templates.find(({ arn, name }) => [arn, withoutSuffix(arn), name].includes(id));
    if (known !== undefined) return this.ofTemplate(known);

    const { arn, name } = this.elsewhere(id, site);
    const given = this.given.get(name);
    const value = given ?? this.standIns.get(arn);
    return { arn, name, isGiven: given !== undefined, ...(value === undefined ? {} : { value }) };
  }

  /** Gives the secret with this ARN a value for as long as nobody says what it is. */
  public standIn(arn: string, value: string): void {
    this.standIns.set(arn, value);
  }

  /** What a person has to do so that the secret called `name` has a value. */
  public advice(name: string): string {
    return (
      `the secret ${name} has no value here: add "${name}": "<its value>" to ` +
      `${join(this.state, SECRETS_FILE)} and start again`
    );
  }

  /** What `id` stands for where no template has the secret. */
  private elsewhere(id: string, { partition, region, account }: CallSite): Pick<LocalSecret, 'arn' | 'name'> {
    if (!isSecretArn(id)) {
      const arn = `arn:${partition}:secretsmanager:${region}:${account}:secret:${id}-${madeUpSuffix(id)}`;
      return { arn, name: id };
    }
    const path = secretPath(id);
    const name = secretName(id);
    // A name such as my-secret looks like one with the suffix of an ARN; what the person calls it decides.
    return name === path || this.given.has(path)
      ? { arn: `${id}-${madeUpSuffix(path)}`, name: path }
      : { arn: id, name };
  }

  private ofTemplate({ arn, name, logicalId, text }: TemplateSecret): LocalSecret {
    const given = this.given.get(name) ?? this.given.get(logicalId) ?? text;
    const value = given ?? this.standIns.get(arn) ?? this.generated.get(arn);
    return { arn, name, isGiven: given !== undefined, ...(value === undefined ? {} : { value }) };
  }
}

/** The generated values; those of an earlier run are kept, as a deployment keeps them. */
function keepGenerated(file: string, templates: readonly TemplateSecret[]): ReadonlyMap<string, string> {
  const earlier = (readPrivateJson(file) ?? {}) as Readonly<Record<string, string>>;
  const values = templates.flatMap(({ arn, generate }) =>
    generate === undefined ? [] : [[arn, earlier[arn] ?? generateSecret(generate)] as const],
  );
  if (values.length > 0) writePrivateJson(file, { ...earlier, ...Object.fromEntries(values) });
  return new Map(values);
}

function withoutSuffix(arn: string): string {
  return arn.slice(0, -secretPath(arn).length) + secretName(arn);
}

function madeUpSuffix(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 6);
}
