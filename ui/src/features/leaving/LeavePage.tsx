import { useEffect, useId, useState } from 'react';
import { Button } from '../../components/Button';
import { Fold } from '../../components/Fold';
import { Icon } from '../../components/Icon';
import { Notice } from '../../components/Notice';
import { focusNextTitle, PageTitle, Title } from '../../components/Title';
import { faultOf } from '../../backend';
import type { CheckList } from '../../generated/CheckList';
import type { DossierCard } from '../../generated/DossierCard';
import type { Exported } from '../../generated/Exported';
import type { Fault } from '../../generated/Fault';
import { useWords } from '../../i18n/I18n';
import { useLive } from '../../live/BackendProvider';
import { useAnswer } from '../../live/useAnswer';
import { SavePaper } from '../paper/SavePaper';
import { FaultNotice } from '../shell/FaultNotice';
import { Live } from '../shell/Live';

/** Everything that the reader sees as one folder, with a list of what it holds before and after. */
export function LeavePage({ dossier }: { dossier: DossierCard }) {
  const [done, setDone] = useState<Exported | null>(null);
  if (done) {
    return (
      <Done
        exported={done}
        onBack={() => {
          focusNextTitle();
          setDone(null);
        }}
      />
    );
  }
  return (
    <Before
      dossier={dossier}
      onDone={(exported) => {
        focusNextTitle();
        setDone(exported);
      }}
    />
  );
}

function Before({ dossier, onDone }: { dossier: DossierCard; onDone: (exported: Exported) => void }) {
  const { t, language } = useWords();
  const { backend, listen } = useLive();
  const answer = useAnswer({ method: 'export_list', params: { dossier: dossier.id } }, (event) => event.event === 'changed');
  const [percent, setPercent] = useState<number | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [stopped, setStopped] = useState(false);
  const bar = useId();
  useEffect(() => listen({ event: (event) => (event.event === 'exporting' ? setPercent((was) => (was === null ? was : event.percent)) : undefined), gap: () => undefined }), [listen]);

  async function take() {
    setFault(null);
    setStopped(false);
    setPercent(0);
    try {
      const exported = await backend.call({ method: 'export', params: { dossier: dossier.id, format: 'all', lang: language, to: null } });
      if (exported) onDone(exported);
    } catch (thrown) {
      setFault(faultOf(thrown));
    }
    setPercent(null);
  }
  async function stop() {
    setStopped(true);
    await backend.call({ method: 'export_stop' }).catch(() => undefined);
  }
  return (
    <>
      <div className="kt-page-top">
        <PageTitle key="before">{t('print.leave')}</PageTitle>
        <p className="kt-lead">{dossier.own ? t('print.leave_lead') : t('print.leave_lead_helper')}</p>
      </div>
      <section className="kt-kind" aria-labelledby="leave-what">
        <Title level={2} id="leave-what">
          {t('print.leave_what')}
        </Title>
        <ul className="kt-card kt-lines">
          {(['pdf', 'json', 'log', 'sums'] as const).map((file) => (
            <li key={file}>
              <Icon name="paper" />
              <span>{t(`print.file_${file}`)}</span>
            </li>
          ))}
        </ul>
        <Live answer={answer}>{(list) => <Counts dossier={dossier} list={list} />}</Live>
      </section>
      <section className="kt-kind" aria-labelledby="leave-not">
        <Title level={2} id="leave-not">
          {t('print.leave_not')}
        </Title>
        <ul className="kt-card kt-lines">
          {(['words', 'others'] as const).map((not) => (
            <li key={not}>
              <Icon name="close" />
              <span>{t(`print.not_${not}`)}</span>
            </li>
          ))}
        </ul>
        <p>{t('print.stays')}</p>
      </section>
      <Notice icon="lock" tone="warm">
        <p>{t('print.unlocked')}</p>
      </Notice>
      {fault ? <FaultNotice fault={fault} onRetry={() => void take()} /> : null}
      {percent === null ? (
        <div className="kt-buttons">
          <Button purpose="primary" icon="folders" onClick={() => void take()}>
            {t('print.take')}
          </Button>
          <SavePaper paper="all" dossier={dossier.id}>
            {t('print.all')}
          </SavePaper>
        </div>
      ) : (
        <div className="kt-card kt-progress">
          <label htmlFor={bar}>{t('print.taking')}</label>
          <progress id={bar} max={100} value={percent} />
          <Button icon="stop" onClick={() => void stop()}>
            {t('print.stop')}
          </Button>
        </div>
      )}
      <p role="status">{stopped && percent === null ? t('print.stopped') : null}</p>
    </>
  );
}

function Counts({ dossier, list }: { dossier: DossierCard; list: CheckList }) {
  const { t, term } = useWords();
  const label = new Map(dossier.sections.map((section) => [section.id, section.label]));
  const name = (id: string, own: string | null) => (id === '' ? t('print.owner_only') : (own ?? label.get(id) ?? term('section', id)));
  return (
    <>
      <p>{t('print.holds', { count: list.items, lines: list.lines })}</p>
      {list.attachments > 0 ? <p>{t('attach.files', { count: list.attachments })}</p> : null}
      {list.elsewhere > 0 ? <p>{t('attach.files_elsewhere', { count: list.elsewhere })}</p> : null}
      <Fold summary={t('print.by_section')}>
        <table className="kt-table">
          <thead>
            <tr>
              <th scope="col">{t('print.part')}</th>
              <th scope="col">{t('print.things')}</th>
            </tr>
          </thead>
          <tbody>
            {list.sections.map((section) => (
              <tr key={section.id}>
                <th scope="row" dir="auto">
                  {name(section.id, section.label)}
                </th>
                <td>{section.items}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Fold>
    </>
  );
}

function Done({ exported, onBack }: { exported: Exported; onBack: () => void }) {
  const { t, size } = useSizes();
  return (
    <>
      <div className="kt-page-top">
        <PageTitle key="done">{t('print.done')}</PageTitle>
        <p className="kt-lead">
          {t('print.done_in')} <bdi>{exported.folder}</bdi>
        </p>
      </div>
      <p>{t('print.holds', { count: exported.list.items, lines: exported.list.lines })}</p>
      <ul className="kt-card kt-lines">
        {exported.files.map((file) => (
          <li key={file.name}>
            <Icon name="check" />
            <span>
              <bdi>{file.name}</bdi>, {size(file.bytes)}
            </span>
          </li>
        ))}
      </ul>
      <Notice icon="lock" tone="warm">
        <p>{t('print.unlocked')}</p>
      </Notice>
      <div className="kt-buttons">
        <Button onClick={onBack}>{t('print.back')}</Button>
      </div>
    </>
  );
}

/** Sizes as people say them. */
function useSizes() {
  const { t, language } = useWords();
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const size = (bytes: number) => (bytes < 1_000_000 ? t('print.kilobytes', { size: number.format(Math.max(0.1, bytes / 1000)) }) : t('print.megabytes', { size: number.format(bytes / 1_000_000) }));
  return { t, size };
}
