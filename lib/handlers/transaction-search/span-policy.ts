interface Statement {
  readonly Effect?: string;
  readonly Principal?: string | Readonly<Record<string, OneOrMore>>;
  readonly Action?: OneOrMore;
  readonly Resource?: OneOrMore;
  readonly Condition?: Condition;
}

type OneOrMore = string | readonly string[];
type Condition = Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;

/** Operators that hold where one of the values, read as a pattern, is what the request has. */
const MATCHING = new Set(['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike']);

/**
 * Whether what `wanted` allows is allowed by `present` already, whoever wrote it.
 *
 * What it cannot read with certainty, such as another condition, counts as not allowed. Statements that deny are not looked
 * at: another policy could not help against them.
 *
 * @param present documents of resource policies, as JSON
 * @param wanted the document that is asked for, as JSON
 */
export function isAllowed(present: readonly string[], wanted: string): boolean {
  const statements = present.flatMap(statementsOf);
  return statementsOf(wanted).every((asked) =>
    list(asked.Resource).every((resource) => statements.some((one) => covers(one, asked, resource))),
  );
}

function covers(statement: Statement, asked: Statement, resource: string): boolean {
  return (
    statement.Effect === 'Allow' &&
    servicesOf(asked).every((service) => servicesOf(statement).some((one) => one === '*' || one === service)) &&
    list(asked.Action).every((action) =>
      list(statement.Action).some((one) => matches(one.toLowerCase(), action.toLowerCase())),
    ) &&
    list(statement.Resource).some((one) => matches(one, resource)) &&
    Object.entries(statement.Condition ?? {}).every(
      ([operator, keys]) =>
        MATCHING.has(operator) &&
        Object.entries(keys).every(([key, values]) =>
          valuesOf(asked.Condition, key).some((value) => list(values).some((one) => matches(one, value))),
        ),
    )
  );
}

function statementsOf(document: string): readonly Statement[] {
  try {
    const { Statement } = JSON.parse(document) as { readonly Statement?: Statement | readonly Statement[] };
    return [Statement ?? []].flat();
  } catch {
    return [];
  }
}

function servicesOf({ Principal }: Statement): readonly string[] {
  return typeof Principal === 'string' ? [Principal] : list(Principal?.Service);
}

/** The names of condition keys ignore case. */
function valuesOf(condition: Condition = {}, key: string): readonly string[] {
  return Object.values(condition).flatMap((keys) =>
    Object.entries(keys).flatMap(([name, values]) => (name.toLowerCase() === key.toLowerCase() ? list(values) : [])),
  );
}

function list(values: OneOrMore = []): readonly string[] {
  return [values].flat();
}

/** Patterns of IAM: `*` for any text, `?` for one character. A pattern matches every text that is narrower, `*` included. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}
