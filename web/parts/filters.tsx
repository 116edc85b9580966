import type { ComponentChildren } from "preact";
import { asked, askFor } from "../routing/address.ts";

interface FiltersProps {
  /** What the address can ask for; "Clear" takes all of it away. */
  readonly names: readonly string[];
  readonly children: ComponentChildren;
}

/** Everything that narrows a list down: it stands in the address. */
export const Filters = ({ names, children }: FiltersProps) => (
  <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
    {children}
    {names.some((name) => asked(name) !== "") && (
      <button
        type="button"
        class="quiet"
        onClick={() => askFor(Object.fromEntries(names.map((name) => [name, ""])))}
      >
        Clear the filters
      </button>
    )}
  </form>
);

interface FilterTextProps {
  readonly name: string;
  readonly label: string;
  /** An example. */
  readonly hint?: string;
  /** Values that are offered; others can be typed. */
  readonly offered?: readonly string[];
  /** It counts with each letter, and not with Enter or when the reader goes on. */
  readonly isQuick?: boolean;
}

/** A filter that is typed. */
export function FilterText({ name, label, hint, offered, isQuick = false }: FilterTextProps) {
  const change = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void =>
    askFor({ [name]: currentTarget.value.trim() });
  return (
    <label>
      {label}
      <input
        type="search"
        spellcheck={false}
        autocomplete="off"
        placeholder={hint}
        list={offered && `offered-${name}`}
        value={asked(name)}
        {...(isQuick ? { onInput: change } : { onChange: change })}
      />
      {offered !== undefined && (
        <datalist id={`offered-${name}`}>
          {offered.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </label>
  );
}

interface FilterChoiceProps {
  readonly name: string;
  readonly label: string;
  /** What stands for no choice: `any status`. */
  readonly any: string;
  /** In words, by value. */
  readonly values: Readonly<Record<string, string>>;
}

/** A filter that is chosen. */
export const FilterChoice = ({ name, label, any, values }: FilterChoiceProps) => (
  <label>
    {label}
    <select value={asked(name)} onChange={({ currentTarget }) => askFor({ [name]: currentTarget.value })}>
      <option value="">{any}</option>
      {Object.entries(values).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  </label>
);
