import { quoted } from './cedar-tokens';
import type { InputFields } from './policy-fields';
import type { ToolSchemaType } from './tool-schema';

/** Comparisons of whole numbers, and the methods that stand for them where a field may have a fraction. */
const COMPARISONS = {
  '<': 'lessThan',
  '<=': 'lessThanOrEqual',
  '>': 'greaterThan',
  '>=': 'greaterThanOrEqual',
} as const;

/** A name that Cedar takes after a dot. */
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** A decimal of Cedar has one to four digits after the point ("Limitations" in the developer guide). */
const DECIMAL = /^-?\d+\.\d{1,4}$/;

/** What a call of a tool must be like for a policy to count. */
export abstract class GatewayCondition {
  /**
   * A field of the tool's input.
   *
   * @param path its name; the names that lead to it for a field of an object in the input
   */
  public static input(...path: [string, ...string[]]): GatewayInputField {
    return new GatewayInputField(path);
  }

  /** At least one of these holds. */
  public static anyOf(...conditions: [GatewayCondition, ...GatewayCondition[]]): GatewayCondition {
    return new Rendered((fields) => `(${conditions.map((condition) => condition.toCedar(fields)).join(' || ')})`);
  }

  /** This does not hold. A condition about a field that is not given does not hold, so its opposite does. */
  public static not(condition: GatewayCondition): GatewayCondition {
    return new Rendered((fields) => `!${condition.toCedar(fields)}`);
  }

  /** The condition as Cedar, for these inputs; what speaks against it is put into their findings. */
  public abstract toCedar(fields: InputFields): string;
}

class Rendered extends GatewayCondition {
  constructor(public override readonly toCedar: (fields: InputFields) => string) {
    super();
  }
}

/** A field of a tool's input, of which something is asked. A call in which the field is not given never meets it. */
export class GatewayInputField {
  /** By {@link GatewayCondition.input}. */
  constructor(private readonly path: readonly [string, ...string[]]) {}

  /** The field is given at all. */
  public isGiven(): GatewayCondition {
    return this.condition(() => undefined);
  }

  /** The field is this. */
  public equals(value: string | number | boolean): GatewayCondition {
    return this.condition((field, input) => `${field} == ${this.literal(value, input)}`);
  }

  /** The field is one of these. */
  public oneOf(...values: [string, ...string[]] | [number, ...number[]]): GatewayCondition {
    return this.condition((field, input) => {
      const literals = values.map((value) => this.literal(value, input));
      return `[${literals.join(', ')}].contains(${field})`;
    });
  }

  /** The field is less than this. */
  public below(limit: number): GatewayCondition {
    return this.compared('<', limit);
  }

  /** The field is this or less. */
  public atMost(limit: number): GatewayCondition {
    return this.compared('<=', limit);
  }

  /** The field is more than this. */
  public above(limit: number): GatewayCondition {
    return this.compared('>', limit);
  }

  /** The field is this or more. */
  public atLeast(limit: number): GatewayCondition {
    return this.compared('>=', limit);
  }

  /** The text of the field is like this. @param pattern `*` stands for any text */
  public like(pattern: string): GatewayCondition {
    return this.condition((field) => `${field} like ${quoted(pattern)}`);
  }

  /** The field is an array with this in it. */
  public contains(value: string): GatewayCondition {
    return this.condition((field) => `${field}.contains(${quoted(value)})`);
  }

  private compared(sign: keyof typeof COMPARISONS, limit: number): GatewayCondition {
    return this.condition((field, input) => {
      const literal = this.literal(limit, input);
      return literal.startsWith('decimal')
        ? `${field}.${COMPARISONS[sign]}(${literal})`
        : `${field} ${sign} ${literal}`;
    });
  }

  /** Asks for the field before its value, because Cedar refuses to read what may not be there. */
  private condition(ask: (field: string, input: AskedInput) => string | undefined): GatewayCondition {
    return new Rendered((fields) => {
      const type = fields.schemaOf(this.path)?.type;
      const parts: string[] = [];
      let owner = 'context.input';
      for (const name of this.path) {
        const simple = IDENTIFIER.test(name);
        parts.push([owner, 'has', simple ? name : quoted(name)].join(' '));
        owner += simple ? `.${name}` : `[${quoted(name)}]`;
      }
      const question = ask(owner, { type, findings: fields.findings });
      return `(${[...parts, ...(question === undefined ? [] : [question])].join(' && ')})`;
    });
  }

  private literal(value: string | number | boolean, { type, findings }: AskedInput): string {
    if (typeof value === 'string') return quoted(value);
    if (typeof value === 'boolean') return String(value);
    const name = this.path.join('.');
    if (type === 'number' || (type !== 'integer' && !Number.isInteger(value))) {
      const text = Number.isInteger(value) ? value.toFixed(1) : String(value);
      if (!DECIMAL.test(text)) {
        findings.push(
          `input field "${name}" is a number, and ${value} is not one that Cedar can compare with it; give one with at most four digits after the point`,
        );
      }
      return `decimal(${quoted(text)})`;
    }
    if (!Number.isSafeInteger(value)) {
      findings.push(`input field "${name}" is an integer, and ${value} is none; give a whole number`);
    }
    return String(value);
  }
}

/** What a question about a field is rendered for. */
interface AskedInput {
  /** Undefined where only the service knows the tool. */
  readonly type: ToolSchemaType | undefined;
  readonly findings: string[];
}
