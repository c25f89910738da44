import type { UserVerifier } from './agent-identity/agent-identity';
import type { CredentialStore } from './credentials';
import type { DataPlane } from './endpoints/agentcore';
import type { ModelBackend } from './endpoints/bedrock-runtime';
import type { AgentMetricLog } from './metrics/agent-metric-log';
import type { ScriptedModel } from './model/scripted-model';
import type { RunningApp } from './running-app';
import type { RunningRuntime } from './running-runtime';
import type { SpanFile } from './spans/span-file';

/** What the front needs to answer requests. */
export interface FrontServices extends RunningApp, DataPlane {
  /** The runtime of the short path. */
  readonly served: RunningRuntime;
  readonly credentials: CredentialStore;
  readonly model: ModelBackend;
  /** Stands for providers other than Amazon Bedrock. */
  readonly scriptedProvider: ScriptedModel;
  /** Numbers that the agents wrote into their logs. */
  readonly metrics: AgentMetricLog;
  readonly spans: SpanFile;
  /** Verifies the token of a user of any of the runtimes. */
  readonly verifyUser: UserVerifier;
  readonly log: (line: string) => void;
}
