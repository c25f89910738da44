import type { AgentConfig } from '../config.ts';
import type { TracingConfig } from '../config/tracing.ts';
import type { Log } from '../log.ts';
import { SessionSpans } from './session-spans.ts';
import { Tracer } from './span.ts';
import { SpanExporter } from './span-exporter.ts';

/** Records what the agent does as spans, and sends them. Loaded only where a deployment asks for it. */
export class Tracing {
  readonly #config: AgentConfig;
  readonly #exporter: SpanExporter;

  private constructor(config: AgentConfig, exporter: SpanExporter) {
    this.#config = config;
    this.#exporter = exporter;
  }

  static async open(config: AgentConfig, tracing: TracingConfig, log: Log): Promise<Tracing> {
    const { url, headers: own, signed, resource } = tracing;
    const sign = signed ? (await import('../signed-post.ts')).signedPost('xray', config.region) : undefined;
    const exporter = new SpanExporter({
      url: new URL(url),
      authorize: (request) => {
        const headers = { ...request.headers, ...own };
        return sign ? sign({ ...request, headers }) : Promise.resolve(headers);
      },
      resource,
      log,
    });
    return new Tracing(config, exporter);
  }

  /** The spans of the session that this container serves. */
  session(sessionId: string): SessionSpans {
    const { agentName, provider } = this.#config;
    const tracer = new Tracer(sessionId, (span) => this.#exporter.add(span));
    return new SessionSpans({ tracer, agentName, sessionId, provider });
  }

  /** Sends what is left, for at most a second. */
  close(): Promise<void> {
    return this.#exporter.close();
  }
}
