/** What the browser keeps. Where it refuses to (a private window, a full disk), the page works without. */

interface Kept {
  get(name: string): string | undefined;
  set(name: string, value: string | undefined): void;
}

function keep(place: () => Storage): Kept {
  return {
    get(name) {
      try {
        return place().getItem(`plumbline.${name}`) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set(name, value) {
      try {
        if (value === undefined) place().removeItem(`plumbline.${name}`);
        else place().setItem(`plumbline.${name}`, value);
      } catch {
        // it is kept in memory by whoever set it
      }
    },
  };
}

/** Until the tab is closed: credentials. */
export const ofTab = keep(() => sessionStorage);
/** For good: language, theme, what was verified here. Nothing secret. */
export const ofBrowser = keep(() => localStorage);
