/**
 * Run: performs the steps of a flow.
 * In: a flow, a gateway, an asker. Out: what the flow returns. Never: decides which step is next.
 */
import type { Asker } from './asker.ts';
import type { GatewayConnection } from './gateway.ts';
import { type Flow, Interrupted, type Reply, type FlowStep } from './steps.ts';

/** What performs the steps. */
export interface FlowContext {
  readonly gateway: Pick<GatewayConnection, 'call' | 'update'>;
  readonly asker: Asker;
  /** Ends the flow at its next step that is no call; the answer to a call that was sent is still awaited. */
  readonly signal: AbortSignal;
}

/** Runs a flow to its end. @throws what the flow throws */
export async function runFlow<T>(flow: Flow<T>, context: FlowContext): Promise<T> {
  let next = flow.next();
  while (next.done !== true) {
    try {
      const reply = await perform(next.value, context);
      next = flow.next(reply);
    } catch (error) {
      // The flow may have a code to cancel before it ends; otherwise it throws the same error.
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
