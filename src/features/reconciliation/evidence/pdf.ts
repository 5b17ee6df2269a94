/** A report as PDF: the same report and language give the same bytes. */
import { fileURLToPath } from 'node:url';
import type { TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { PlumblineError } from '../../../kernel/errors.ts';
import type { ReportDocument } from './document.ts';
import { type Language, sayIn } from './messages.ts';
import { pdfContent } from './pdf-content.ts';

const font = (name: string): string => fileURLToPath(import.meta.resolve(`pdfmake/fonts/Roboto/Roboto-${name}.ttf`));
/** Has all letters of Vietnamese. */
const ROBOTO = {
  normal: font('Regular'),
  bold: font('Medium'),
  italics: font('Italic'),
  bolditalics: font('MediumItalic'),
};

/** @throws `reconciliation.in_progress` (conflict) while the attempt has not ended */
export async function reportPdf(document: ReportDocument, language: Language): Promise<Uint8Array> {
  const { status, reconciled_at: madeAt } = document;
  if (status === 'in_progress' || madeAt === null) {
    throw new PlumblineError(
      'conflict',
      'reconciliation.in_progress',
      `attempt ${document.attempt} at ${document.business_date} has not ended; ask again when it has`,
    );
  }
  // It brings a font engine along, which nobody else needs.
  const { default: pdfmake } = await import('pdfmake');
  pdfmake.setFonts({ Roboto: ROBOTO });
  const fonts = new Set(Object.values(ROBOTO));
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => fonts.has(path));
  return pdfmake.createPdf(definition(document, language, new Date(madeAt))).getBuffer();
}

function definition(document: ReportDocument, language: Language, madeAt: Date): TDocumentDefinitions {
  const say = sayIn(language);
  const title = `${say('title')} ${document.business_date}, ${document.book}`;
  return {
    content: pdfContent(document, language),
    footer: (page, pages) => ({
      text: `${title} · ${document.id} · ${say('page', { page: String(page), pages: String(pages) })}`,
      ...{ style: 'small', alignment: 'center', margin: [36, 8] },
    }),
    // Nothing but the report decides the bytes: not when it is printed, nor by which version.
    info: { title, producer: 'plumbline', creator: 'plumbline', creationDate: madeAt, modDate: madeAt },
    language,
    pageSize: 'A4',
    pageMargins: [36, 40, 36, 40],
    defaultStyle: { font: 'Roboto', fontSize: 8.5, lineHeight: 1.15 },
    styles: {
      title: { fontSize: 17, bold: true },
      heading: { fontSize: 11, bold: true, margin: [0, 12, 0, 4] },
      verdict: { fontSize: 14, bold: true },
      head: { bold: true, fillColor: '#eeeeee' },
      small: { fontSize: 7, color: '#555555' },
      alarm: { color: '#b00020', bold: true },
    },
  };
}
