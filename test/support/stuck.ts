/** A process that is watched, and whose main thread then stands still for good. */
import { watch } from '../../src/commands/watchdog.ts';

watch(20, 5);
// Signals have listeners, as in a gateway: they wait for a turn that never comes.
process.on('SIGTERM', () => process.exit(0));
setTimeout(() => {
  process.stdout.write('stuck\n', () => {
    for (;;);
  });
}, 300);
