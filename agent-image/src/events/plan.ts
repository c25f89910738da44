import type { AgentState, PlanItem, StatePatch } from '../protocol.ts';

/** The agent's plan, as its calls of the task tools make it. It belongs to the session and outlives the runs. */
export class Plan {
  readonly #items: PlanItem[] = [];
  /** New titles by call; results do not repeat them. */
  readonly #titles = new Map<string, string>();

  get state(): AgentState {
    return { plan: [...this.#items] };
  }

  /** Notes a call of the model. */
  called(callId: string, toolName: string, input: unknown): void {
    if (toolName === 'TaskUpdate' && isRecord(input) && typeof input.subject === 'string') {
      this.#titles.set(callId, input.subject);
    }
  }

  /**
   * Takes the structured result of a tool.
   *
   * @returns what it changes in the plan; nothing when the tool is none of the plan's, or changed nothing
   */
  resulted(callId: string, result: unknown): StatePatch[] {
    const title = this.#titles.get(callId);
    this.#titles.delete(callId);
    if (!isRecord(result)) return [];
    if (isRecord(result.task) && typeof result.task.id === 'string' && typeof result.task.subject === 'string') {
      return this.#created(result.task.id, result.task.subject);
    }
    if (Array.isArray(result.tasks)) return this.#listed(result.tasks);
    if (result.success === true && typeof result.taskId === 'string') {
      const change = isRecord(result.statusChange) ? result.statusChange.to : undefined;
      return this.#updated(result.taskId, change, title);
    }
    return [];
  }

  #created(id: string, title: string): StatePatch[] {
    if (this.#items.some((item) => item.id === id)) return [];
    const item: PlanItem = { id, title, status: 'pending' };
    this.#items.push(item);
    return [{ op: 'add', path: '/plan/-', value: item }];
  }

  #updated(id: string, status: unknown, title: string | undefined): StatePatch[] {
    const index = this.#items.findIndex((item) => item.id === id);
    const item = this.#items[index];
    // A task of before a container was replaced: the next listing brings it.
    if (!item) return [];
    if (status === 'deleted') {
      this.#items.splice(index, 1);
      return [{ op: 'remove', path: `/plan/${index}` }];
    }
    const changed = { ...item, ...(isStatus(status) && { status }), ...(title !== undefined && { title }) };
    this.#items[index] = changed;
    return (['title', 'status'] as const)
      .filter((field) => changed[field] !== item[field])
      .map((field) => ({ op: 'replace', path: `/plan/${index}/${field}`, value: changed[field] }));
  }

  /** A listing is what the SDK holds, so it puts right whatever was missed. */
  #listed(tasks: readonly unknown[]): StatePatch[] {
    const listed = tasks.flatMap((task) =>
      isRecord(task) && typeof task.id === 'string' && typeof task.subject === 'string' && isStatus(task.status)
        ? [{ id: task.id, title: task.subject, status: task.status }]
        : [],
    );
    if (JSON.stringify(listed) === JSON.stringify(this.#items)) return [];
    this.#items.splice(0, this.#items.length, ...listed);
    return [{ op: 'replace', path: '/plan', value: listed }];
  }
}

function isStatus(value: unknown): value is PlanItem['status'] {
  return value === 'pending' || value === 'in_progress' || value === 'completed';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
