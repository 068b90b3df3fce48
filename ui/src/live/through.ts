import { type Answer, type Backend, BackendFault } from '../backend';
import type { Page } from '../generated/Page';
import type { Request } from '../generated/Request';
import type { Through } from '../generated/Through';

/** The page that a request asks for; none for what is no page. */
function pageOf(request: Request): Page | null {
  switch (request.method) {
    case 'today':
    case 'plan':
      return { page: request.method };
    case 'section':
      return { page: 'section', section: request.params.section };
    default:
      return null;
  }
}

/** The same program, looked at through other eyes: pages can be read, and nothing else can be asked. */
export function through(backend: Backend, dossier: string, eyes: Through): Backend {
  return {
    listen: (listener) => backend.listen(listener),
    async call<R extends Request>(request: R): Promise<Answer<R>> {
      const page = pageOf(request);
      if (page === null) throw new BackendFault({ code: 'not_allowed', detail: null });
      return (await backend.call({ method: 'look', params: { dossier, through: eyes, page } })) as Answer<R>;
    },
  };
}
