/** A process that serves nothing and throws out of a timer: for the test of what then happens. */
import { live } from '../../src/commands/lifecycle.ts';
import { createLog } from '../../src/telemetry/log.ts';

const served = {
  drain: async (within?: number): Promise<void> => void process.stdout.write(`drained within ${within}\n`),
};
live(served, await createLog({ level: 'info' }));
setTimeout(() => {
  throw new Error('out of a timer');
}, 10);
setInterval(() => undefined, 1_000);
