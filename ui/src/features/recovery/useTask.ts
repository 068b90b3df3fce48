import { useState } from 'react';
import { faultOf } from '../../backend';
import type { Fault } from '../../generated/Fault';

/** One thing that somebody asked for: whether it goes on, and what came in its way. */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  async function run(task: () => Promise<void>): Promise<void> {
    if (busy) return;
    setBusy(true);
    setFault(null);
    try {
      await task();
    } catch (thrown) {
      setFault(faultOf(thrown));
    } finally {
      setBusy(false);
    }
  }
  return { busy, fault, setFault, run };
}
