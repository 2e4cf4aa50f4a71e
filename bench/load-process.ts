/**
 * The load generator as a process of its own: does what its parent says.
 * In: messages `{open}`, `{run}`, `{close}`. Out: `{opened}`, `{began}`, `{ended}`, `{result}`, `{failed}`.
 * Never: outlives its parent.
 */
import { Load, type ClientsSpec, type RunSpec } from './load.ts';

type Order = { open: ClientsSpec } | { run: RunSpec } | { close: true };

let load: Load | undefined;

async function obey(order: Order): Promise<object> {
  if ('open' in order) {
    load ??= new Load();
    return { opened: await load.open(order.open) };
  }
  if ('run' in order)
    return {
      result: await load!.run(
        order.run,
        () => tell({ began: true }),
        () => tell({ ended: true }),
      ),
    };
  load?.close();
  load = undefined;
  return { closed: true };
}

function tell(message: object): void {
  process.send!(message);
}

process.on('message', (order: Order) => {
  obey(order).then(tell, (error: unknown) => tell({ failed: String(error) }));
});
process.on('disconnect', () => process.exit());
console.log('ready');
