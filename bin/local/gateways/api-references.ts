import { isRecord } from '../../../lib/testing/policy';
import { referenced } from './json-reference';
import { TargetFault } from './target-fault';

/**
 * Objects and lists of the schemas of one operation. Schemas that refer to each other have more ways through them than can
 * be gone; a schema that somebody reads has some hundreds.
 */
const MAX_NODES = 5000;

/** Objects and lists within each other, so that reading them takes no more of the stack than there is. */
const MAX_DEPTH = 200;

/** What the references of one operation of an API lead to. All that it inlines together is limited. */
export class ApiReferences {
  private room = MAX_NODES;

  constructor(private readonly document: unknown) {}

  /**
   * What a value is, or what its reference leads to. References within that stay.
   *
   * @throws TargetFault when it leads to nothing, or back to itself
   */
  public followed(value: unknown, within: readonly string[] = []): unknown {
    if (!isRecord(value) || typeof value.$ref !== 'string') return value;
    const { $ref: reference } = value;
    if (within.includes(reference)) throw new TargetFault(`its reference "${reference}" leads back to itself`);
    return this.followed(this.found(reference), [...within, reference]);
  }

  /**
   * A schema with what its references lead to in their place; one that holds itself is cut off there: anything fits.
   *
   * @param within the references that lead here
   * @throws TargetFault when one leads to nothing, or when the schema is too large
   */
  public inlined(schema: unknown, within: readonly string[] = [], depth = 0): unknown {
    if (typeof schema !== 'object' || schema === null) return schema;
    this.room -= 1;
    if (this.room < 0 || depth > MAX_DEPTH) throw new TargetFault('its schemas are too large to be read locally');
    if (Array.isArray(schema)) return (schema as unknown[]).map((item) => this.inlined(item, within, depth + 1));
    if (!isRecord(schema)) return schema;
    const { $ref: reference } = schema;
    if (typeof reference !== 'string') {
      return Object.fromEntries(
        Object.entries(schema).map(([name, item]) => [name, this.inlined(item, within, depth + 1)]),
      );
    }
    if (within.includes(reference)) return {};
    return this.inlined(this.found(reference), [...within, reference], depth + 1);
  }

  private found(reference: string): unknown {
    const found = referenced(this.document, reference);
    if (found === undefined) throw new TargetFault(`its reference "${reference}" leads to nothing in the document`);
    return found;
  }
}
