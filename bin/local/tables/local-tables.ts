import { setImmediate } from 'node:timers/promises';
import { RequestFault } from '../http-messages';
import type { TemplateTable } from '../resources/table';
import { TableEngine, type Document } from './table-engine';

/** The tables of an app, with the items of this and earlier runs. */
export class LocalTables {
  private constructor(
    public readonly descriptions: readonly TemplateTable[],
    public readonly engine: TableEngine,
  ) {}

  /**
   * Opens the tables of the templates, makes those that are new, and makes anew those whose keys or indexes have changed.
   *
   * @param directory where their items are kept
   */
  public static async open(
    descriptions: readonly TemplateTable[],
    directory: string,
    log: (line: string) => void,
  ): Promise<LocalTables> {
    const engine = new TableEngine(directory);
    const tables = new LocalTables(descriptions, engine);
    try {
      for (const description of descriptions) await tables.ensure(description, log);
    } catch (error) {
      await engine.close();
      throw error;
    }
    const expiring = descriptions.filter(({ hasExpiry }) => hasExpiry).map(({ name }) => name);
    if (expiring.length > 0) log(`items of ${expiring.join(', ')} do not expire here`);
    if (descriptions.length > 0) log(`items of tables are kept in ${directory}`);
    return tables;
  }

  /** The table with this name or ARN. */
  public find(id: string): TemplateTable | undefined {
    return this.descriptions.find(({ name, arn }) => name === id || arn === id);
  }

  public async close(): Promise<void> {
    await this.engine.close();
  }

  private async ensure(description: TemplateTable, log: (line: string) => void): Promise<void> {
    const { name } = description;
    const wanted = creation(description);
    const present = await this.present(name);
    if (present !== undefined && sameShape(present, wanted)) return;
    if (present !== undefined) {
      log(`the keys or indexes of table ${name} have changed; its items are gone, as they would be on AWS`);
      await this.engine.execute('DeleteTable', this.engine.check('DeleteTable', { TableName: name }));
      while ((await this.present(name)) !== undefined) await setImmediate();
    }
    await this.engine.execute('CreateTable', this.engine.check('CreateTable', wanted));
    // The engine answers a moment before it is done.
    while ((await this.present(name))?.TableStatus !== 'ACTIVE') await setImmediate();
  }

  private async present(name: string): Promise<Document | undefined> {
    const input = this.engine.check('DescribeTable', { TableName: name });
    try {
      const { Table } = await this.engine.execute('DescribeTable', input);
      return Table as Document;
    } catch (error) {
      if (error instanceof RequestFault && error.code === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }
}

function creation({ name, keys, attributes, globalIndexes, localIndexes }: TemplateTable): Document {
  return {
    TableName: name,
    KeySchema: keys,
    AttributeDefinitions: attributes,
    BillingMode: 'PAY_PER_REQUEST',
    ...(globalIndexes.length === 0 ? {} : { GlobalSecondaryIndexes: globalIndexes }),
    ...(localIndexes.length === 0 ? {} : { LocalSecondaryIndexes: localIndexes }),
  };
}

function sameShape(present: Document, wanted: Document): boolean {
  return shape(present) === shape(wanted);
}

function shape({ KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes }: Document): string {
  const indexes = [GlobalSecondaryIndexes, LocalSecondaryIndexes].map((list) =>
    ((list ?? []) as Document[]).map(({ IndexName, KeySchema: keys, Projection }) => [IndexName, keys, Projection]),
  );
  const byText = (items: unknown): string[] => ((items ?? []) as unknown[]).map((item) => canonical(item)).sort();
  return JSON.stringify([byText(KeySchema), byText(AttributeDefinitions), ...indexes.map(byText)]);
}

/** JSON with the names of each object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}
