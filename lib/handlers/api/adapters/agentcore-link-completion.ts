import { BedrockAgentCoreClient, CompleteResourceTokenAuthCommand } from '@aws-sdk/client-bedrock-agentcore';
import { ApiFailure } from '../failure';
import type { LinkCompletion } from '../ports';
import { PATIENCE } from './patience';

/** What AgentCore Identity says to a flow that is not this user's, or is over; which of it is not told to anybody. */
const REFUSALS = new Set([
  'AccessDeniedException',
  'ConflictException',
  'ResourceNotFoundException',
  'UnauthorizedException',
  'ValidationException',
]);

/** Ends the linking of accounts at AgentCore Identity. */
export class AgentCoreLinkCompletion implements LinkCompletion {
  readonly #client: BedrockAgentCoreClient;
  readonly #log: (line: string) => void;

  constructor(region: string, log: (line: string) => void) {
    this.#client = new BedrockAgentCoreClient({ region, requestHandler: PATIENCE });
    this.#log = log;
  }

  async complete(sessionUri: string, userToken: string): Promise<void> {
    const command = new CompleteResourceTokenAuthCommand({ sessionUri, userIdentifier: { userToken } });
    try {
      await this.#client.send(command);
    } catch (error) {
      throw this.#failure(error instanceof Error ? error.name : 'unknown');
    }
  }

  /** The name only: the message of an error may repeat what was sent. */
  #failure(name: string): ApiFailure {
    if (name === 'ThrottlingException') {
      return new ApiFailure('TOO_MANY_REQUESTS', 'Too many accounts are being linked: try again in a moment.');
    }
    if (!REFUSALS.has(name)) {
      this.#log(JSON.stringify({ level: 'error', service: 'CompleteResourceTokenAuth', error: name }));
      return new ApiFailure('UNAVAILABLE', 'The account cannot be linked now: try again in a moment.');
    }
    // A missing permission of the function looks the same to the person, and only the log can tell it.
    this.#log(JSON.stringify({ level: 'warn', service: 'CompleteResourceTokenAuth', error: name }));
    return new ApiFailure(
      'LINK_REFUSED',
      'The account was not linked: begin to link it again, and sign in there within some minutes.',
    );
  }
}
