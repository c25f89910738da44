import { freePort } from '../local/free-port';
import { Container } from './container';
import { containerSpec } from './container-spec';
import { CheckFailed } from './failure';
import { note, step } from './progress';
import { startScriptedModel, type ScriptedModel } from './scripted-model';
import { takeTurn, waitUntilHealthy } from './turn';
import type { Commands } from './commands';
import type { ImageDescription } from './image-description';

/** What AgentCore Runtime gives a container until its first healthy ping. */
const START_DEADLINE_MS = 120_000;
/** Far more than emulation needs; these only end what would never end. */
const TURN_DEADLINE_MS = 300_000;
const STOP_DEADLINE_MS = 60_000;

const PROMPT = 'hello';
/** Model ids that no endpoint but the scripted one has to know. */
const MAIN_MODEL = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0';
const FAST_MODEL = 'global.anthropic.claude-haiku-4-5-20251001-v1:0';

/**
 * Starts the image as AgentCore Runtime would, talks to it, and stops it.
 *
 * @param fileSystem root of the image's files
 * @param directory for the container's state while it runs
 * @throws CheckFailed with what was not as it must be
 */
export async function runImage(
  image: ImageDescription,
  fileSystem: string,
  directory: string,
  commands: Commands,
  interrupted: AbortSignal,
): Promise<void> {
  const model = await startScriptedModel();
  try {
    const port = await freePort();
    const spec = containerSpec(image, fileSystem, environment(model, port));
    const container = Container.start(spec, directory, commands);
    try {
      await talkTo(container, `http://127.0.0.1:${port}`, spec.process.user.uid, model, interrupted);
    } finally {
      await container.remove();
    }
  } finally {
    await model.close();
  }
}

/** What a deployment sets, and where this machine departs from one. */
function environment(model: ScriptedModel, port: number): Record<string, string> {
  return {
    AGENT_MODEL_MAIN: MAIN_MODEL,
    AGENT_MODEL_FAST: FAST_MODEL,
    AWS_REGION: 'us-east-1',
    // The scripted model takes any signature, but an agent without credentials would ask for some elsewhere.
    AWS_ACCESS_KEY_ID: 'AKIAIMAGECHECK',
    AWS_SECRET_ACCESS_KEY: 'image-check',
    AWS_EC2_METADATA_DISABLED: 'true',
    ANTHROPIC_BEDROCK_BASE_URL: model.endpoint,
    HOST: '127.0.0.1',
    PORT: String(port),
  };
}

async function talkTo(
  container: Container,
  server: string,
  userId: number,
  model: ScriptedModel,
  interrupted: AbortSignal,
): Promise<void> {
  await step('Starting the container and waiting for GET /ping', () =>
    waitUntilHealthy(server, () => container.assertRunning(), START_DEADLINE_MS, interrupted),
  );
  if (!(await container.hasReadOnlyRoot())) throw new CheckFailed('the root file system is not mounted read-only.');
  note('root file system: read-only');
  try {
    await step('Taking a turn with the Claude Agent SDK of the image and a scripted model', () =>
      takeTurn(server, PROMPT, model.answer, TURN_DEADLINE_MS, interrupted),
    );
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error;
    throw new CheckFailed(`${error.message}\nThe container: ${container.lastLines()}`);
  }
  if (!model.requests.some((request) => request.userTexts.includes(PROMPT))) {
    throw new CheckFailed(`the model was never asked "${PROMPT}": the answer did not come from a call of this turn.`);
  }
  await checkUsers(container, userId);
  const end = await step('Stopping the container with SIGTERM', () => container.stop(STOP_DEADLINE_MS));
  if (end !== 'exit code 0') {
    throw new CheckFailed(
      `after SIGTERM the container ended with ${end} instead of exit code 0; ${container.lastLines()}`,
    );
  }
}

async function checkUsers(container: Container, userId: number): Promise<void> {
  const processes = await container.processes();
  const foreign = processes.filter(({ userIds }) => userIds.length === 0 || userIds.some((id) => id !== userId));
  if (processes.length === 0 || foreign.length > 0) {
    const found = foreign.map(({ command, userIds }) => `${command} (${userIds.join('/')})`).join('; ');
    throw new CheckFailed(
      `every process must run as user ${userId}; these do not: ${found || 'none was found at all'}`,
    );
  }
  note(`processes: ${processes.length}, all as user ${userId}`);
}
