/**
 * Run: does the steps of a sign-in.
 * In: a flow, a gateway, somebody to ask. Out: the flow's end. Never: decides what comes next; the flow does.
 */
import type { Asker } from './asker.ts';
import type { GatewayConnection } from './gateway.ts';
import { type Flow, Interrupted, type Reply, type FlowStep } from './steps.ts';

export interface FlowContext {
  readonly gateway: Pick<GatewayConnection, 'call' | 'update'>;
  readonly asker: Asker;
  /** Ends it at the next step that is no call: a call that has left is heard out. */
  readonly signal: AbortSignal;
}

/** @throws what the flow ends with */
export async function runFlow<T>(flow: Flow<T>, context: FlowContext): Promise<T> {
  let next = flow.next();
  while (next.done !== true) {
    try {
      const reply = await perform(next.value, context);
      next = flow.next(reply);
    } catch (error) {
      // The flow may have something to take back first; if it has not, this is its end.
      next = flow.throw(error);
    }
  }
  return next.value;
}

async function perform(step: FlowStep, { gateway, asker, signal }: FlowContext): Promise<Reply> {
  if (step.do === 'call') return gateway.call(step.message);
  if (signal.aborted) throw new Interrupted();
  switch (step.do) {
    case 'ask':
      return asker.ask(step.question, signal);
    case 'say':
      asker.say(step.text);
      return undefined;
    case 'show':
      asker.show(step.url, step.seconds);
      return undefined;
    case 'await': {
      const came = await gateway.update(step.update, step.seconds, signal);
      if (signal.aborted) throw new Interrupted();
      return came;
    }
  }
}
