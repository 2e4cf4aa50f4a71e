/** A process that is watched, and whose main thread turns for longer than one that stands still would live. */
import { watch } from '../../src/commands/watchdog.ts';

watch(20, 10);
setTimeout(() => undefined, 600);
