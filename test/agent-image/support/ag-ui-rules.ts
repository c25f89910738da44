import { verifyEvents } from '@ag-ui/client';
import type { BaseEvent } from '@ag-ui/core';
import { EventSchema } from '@ag-ui/core/schemas';
import { from } from 'rxjs';
import type { ContentEvent } from '../../../agent-image/src/protocol';

/**
 * Expects the runs of one thread to be what AG-UI allows: each event by its schema, with nothing that the schema does
 * not know, and all of them by the order that AG-UI's own client enforces.
 *
 * @param runs the events of each run, without those that begin and end it
 */
export function expectAgUi(...runs: readonly (readonly ContentEvent[])[]): void {
  const events = runs.flatMap((run, index) => {
    const ids = { threadId: 'thread', runId: `run-${index}` };
    return [{ type: 'RUN_STARTED', ...ids }, ...run, { type: 'RUN_FINISHED', ...ids, outcome: { type: 'success' } }];
  });
  expect(events.map((event) => EventSchema.parse(event))).toEqual(events);
  const told: BaseEvent[] = [];
  let finding: unknown;
  // The events are a list, so all of this happens before the next line.
  from(events as BaseEvent[])
    .pipe(verifyEvents(false))
    .subscribe({ next: (event) => told.push(event), error: (error) => (finding = error) });
  expect(finding).toBeUndefined();
  expect(told).toHaveLength(events.length);
}

/** The state after the events of `runs`, by JSON Patch (RFC 6902) as far as the agent uses it. */
export function stateAfter(...runs: readonly (readonly ContentEvent[])[]): unknown {
  let state: { plan: unknown[] } = { plan: [] };
  for (const event of runs.flat()) {
    if (event.type === 'STATE_SNAPSHOT') state = structuredClone(event.snapshot) as typeof state;
    if (event.type !== 'STATE_DELTA') continue;
    for (const operation of event.delta) {
      const [, , index, field] = operation.path.split('/');
      const value = operation.op === 'remove' ? undefined : operation.value;
      if (index === undefined) state = { plan: [...(value as unknown[])] };
      else if (index === '-') state.plan.push(value);
      else if (operation.op === 'remove') state.plan.splice(Number(index), 1);
      else state.plan[Number(index)] = { ...(state.plan[Number(index)] as object), [field ?? '']: value };
    }
  }
  return state;
}
