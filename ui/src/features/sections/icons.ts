import type { IconName } from '../../components/Icon';

const ICONS: Readonly<Record<string, IconName>> = {
  verhaal: 'speech',
  plan: 'road',
  agenda: 'calendar',
  netwerk: 'people',
  gezondheid: 'heart',
  geld: 'money',
  opvoeden: 'school',
  wonen: 'home',
  werk: 'work',
  zelfredzaamheid: 'steps',
  verslagen: 'book',
  documenten: 'mail',
  crisis: 'shield',
};

/** The drawing of a section; one that the resident made has a folder. */
export function sectionIcon(section: string): IconName {
  return ICONS[section] ?? 'folders';
}
