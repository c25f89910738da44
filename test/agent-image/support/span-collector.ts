import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly OtlpValue[] };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code?: number };
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** A span as it was sent. */
export interface SentSpan extends Omit<OtlpSpan, 'attributes'> {
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An endpoint of OpenTelemetry on loopback. */
export class SpanCollector {
  /** What the next requests are answered with, one each; 200 after that. `hangs` is never answered. */
  readonly answers: (number | 'hangs')[] = [];
  readonly bodies: string[] = [];
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];
  readonly #server: Server;
  readonly #taken: OtlpRequest[] = [];

  private constructor() {
    this.#server = createServer((req, res) => {
      void text(req).then((body) => {
        this.requests.push({ url: req.url ?? '', headers: req.headers });
        this.bodies.push(body);
        const answer = this.answers.shift() ?? 200;
        if (answer === 'hangs') return;
        if (answer === 200) this.#taken.push(JSON.parse(body) as OtlpRequest);
        res.writeHead(answer, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  static async start(): Promise<SpanCollector> {
    const collector = new SpanCollector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Attributes of the agent as a whole, as the last request had them. */
  get resource(): Readonly<Record<string, unknown>> {
    return attributesOf(this.#taken.at(-1)?.resourceSpans[0]?.resource.attributes ?? []);
  }

  /** What was taken, in the order in which it ended. */
  get spans(): SentSpan[] {
    return this.#taken
      .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      .flatMap(({ spans }) => spans.map((span) => ({ ...span, attributes: attributesOf(span.attributes) })));
  }

  /** The names of spans in the order in which they began, each below the one that it belongs to and two spaces further in. */
  tree(parentSpanId?: string): string[] {
    const { spans } = this;
    const isBelow = ({ parentSpanId: own }: SentSpan): boolean =>
      parentSpanId === undefined ? !spans.some(({ spanId }) => spanId === own) : own === parentSpanId;
    return spans
      .filter(isBelow)
      .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
      .flatMap(({ name, spanId }) => [name, ...this.tree(spanId).map((line) => `  ${line}`)]);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

function attributesOf(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, intValue, doubleValue, boolValue, arrayValue }: OtlpValue): unknown {
  if (intValue !== undefined) return Number(intValue);
  return stringValue ?? doubleValue ?? boolValue ?? arrayValue?.values.map(valueOf);
}
