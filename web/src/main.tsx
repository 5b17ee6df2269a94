/** The console: signs in, speaks a language, shows the page of the address. */
import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import { App } from './app.tsx';
import { lookAtHealth } from './health.ts';
import { speak, theme, wear } from './locale.ts';
import { place, replace } from './router.ts';
import { enterWith, isKey } from './session.ts';
import './styles/page.css';
import './styles/shell.css';
import './styles/parts.css';

wear(theme.get());
takeKeyFromAddress();
const root = document.getElementById('app');
void lookAtHealth().catch(() => undefined); // whatever is asked next says so
void speak().then(() => root !== null && render(<App />, root));

/** `/#/enter/pl_...`: it is kept for this tab, and taken out of the address and of the history. */
function takeKeyFromAddress(): void {
  const [page, key = ''] = place.get().parts;
  if (page !== 'enter') return;
  if (isKey(key)) enterWith(key);
  replace('#/');
}
