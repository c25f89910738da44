/** A call of a tool failed. The message is for the model; `code` is stable, for logs and alarms; `detail` is for the log. */
export class ToolFault extends Error {
  readonly code: string;
  readonly detail: string;

  constructor(code: string, message: string, detail: string) {
    super(message);
    this.name = 'ToolFault';
    this.code = code;
    this.detail = detail;
  }
}
