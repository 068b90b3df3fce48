import { act, render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Answer, Backend, Listener } from '../backend';
import { BackendFault } from '../backend';
import type { Request } from '../generated/Request';
import type { TodayView } from '../generated/TodayView';
import { BackendProvider } from './BackendProvider';
import { share, touches, useAnswer } from './useAnswer';

/** A program whose answers come when the test says so. */
class SlowProgram implements Backend {
  readonly waiting: { answer: (name: string) => Promise<void>; fail: () => Promise<void> }[] = [];
  listener: Listener | null = null;

  listen(listener: Listener) {
    this.listener = listener;
    return () => (this.listener = null);
  }

  call<R extends Request>(_request: R): Promise<Answer<R>> {
    return new Promise((resolve, reject) => {
      this.waiting.push({
        answer: (name) => act(async () => resolve({ name } as TodayView as Answer<R>)),
        fail: () => act(async () => reject(new BackendFault({ code: 'internal', detail: null }))),
      });
    });
  }

  changed(dossier: string, sections: string[]) {
    return act(async () => this.listener?.event({ event: 'changed', dossier, sections }));
  }
}

function Name({ dossier }: { dossier: string }) {
  const answer = useAnswer({ method: 'today', params: { dossier } }, touches(dossier, ['plan']));
  return (
    <p>
      {answer.data?.name ?? '-'} {answer.fault?.code ?? 'ok'}
    </p>
  );
}

function show(program: Backend, dossier = 'a') {
  return (
    <BackendProvider backend={program}>
      <Name dossier={dossier} />
    </BackendProvider>
  );
}

it('turns any number of events during one question into exactly one more', async () => {
  const program = new SlowProgram();
  render(show(program));
  await program.changed('a', ['plan']);
  await program.changed('a', []);
  await program.changed('a', ['plan', 'agenda']);
  expect(program.waiting).toHaveLength(1);
  await program.waiting[0]?.answer('old');
  expect(program.waiting).toHaveLength(2);
  await program.waiting[1]?.answer('new');
  expect(screen.getByText('new ok')).toBeTruthy();
  expect(program.waiting).toHaveLength(2);
});

it('does not ask again for another dossier, another section or a visitor', async () => {
  const program = new SlowProgram();
  render(show(program));
  await program.waiting[0]?.answer('one');
  await program.changed('b', ['plan']);
  await program.changed('a', ['geld']);
  await act(async () => program.listener?.event({ event: 'peer', name: 'Karin', connected: true }));
  expect(program.waiting).toHaveLength(1);
});

it('asks again after a gap', async () => {
  const program = new SlowProgram();
  render(show(program));
  await program.waiting[0]?.answer('one');
  await act(async () => program.listener?.gap());
  expect(program.waiting).toHaveLength(2);
});

it('keeps what is on the screen when asking again fails', async () => {
  const program = new SlowProgram();
  render(show(program));
  await program.waiting[0]?.answer('one');
  await program.changed('a', []);
  await program.waiting[1]?.fail();
  expect(screen.getByText('one internal')).toBeTruthy();
});

it('never shows one dossier under the name of another', async () => {
  const program = new SlowProgram();
  const { rerender } = render(show(program, 'a'));
  await program.waiting[0]?.answer('of a');
  rerender(show(program, 'b'));
  expect(screen.getByText('- ok')).toBeTruthy();
  await program.changed('a', []);
  expect(program.waiting).toHaveLength(2);
  await program.waiting[1]?.answer('of b');
  expect(screen.getByText('of b ok')).toBeTruthy();
});

describe('what did not change', () => {
  it('stays the same object, wherever it stands', () => {
    const was = { title: 'Plan', goals: [{ id: 'g-1', who: ['a'] }, { id: 'g-2', who: [] as string[] }], right: null as string | null };
    const copy = () => structuredClone(was);
    expect(share(was, copy())).toBe(was);
    // One goal changed, and another came before it.
    const now = copy();
    now.goals[1]!.who.push('b');
    now.goals.unshift({ id: 'g-0', who: [] });
    const shared = share(was, structuredClone(now));
    expect(shared).toEqual(now);
    expect(shared).not.toBe(was);
    expect(shared.goals[1]).toBe(was.goals[0]);
    expect(shared.goals[2]).not.toBe(was.goals[1]);
  });

  it('is never more than what is so now', () => {
    for (const [was, now] of [
      [{ a: 1, b: 2 }, { a: 1 }],
      [{ a: 1 }, { a: 1, b: undefined }],
      [[1, 2], [1]],
      [[1], [1, 2]],
      [[{ id: 'x', n: 1 }, { id: 'x', n: 2 }], [{ id: 'x', n: 2 }]],
      [{ a: [] }, { a: {} }],
      [null, { a: null }],
      [{ a: { b: 0 } }, { a: { b: null } }],
    ] as const) {
      expect(share(was, structuredClone(now))).toStrictEqual(now);
    }
  });
});
