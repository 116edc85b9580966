import { useId } from "preact/hooks";
import { visible } from "../../../src/units/visible.ts";
import { useAnswer } from "../../api/answer.ts";
import type { TaskParam } from "../../api/shapes.ts";
import { Name } from "../../parts/name.tsx";
import { isOnByDefault, isTicked, tickedValue } from "./form.ts";

interface FieldProps {
  readonly param: TaskParam;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** One parameter of a task. */
export function Field(props: FieldProps) {
  const { param } = props;
  const id = useId();
  if (param.type === "flag") return <Flag {...props} />;
  return (
    <div class="field">
      <label for={id}>
        {param.name}
        {param.required && <span class="faint"> (needed)</span>}
      </label>
      <Input {...props} id={id} />
      <p class="faint" id={`${id}-about`}>
        {param.about}
      </p>
    </div>
  );
}

const Flag = ({ param, value, onChange }: FieldProps) => (
  <label class="tick">
    <input
      type="checkbox"
      checked={isTicked(param, value)}
      onChange={({ currentTarget }) => onChange(tickedValue(param, currentTarget.checked))}
    />{" "}
    <b>{isOnByDefault(param) ? `no-${param.name}` : param.name}</b> <span class="faint">{param.about}</span>
  </label>
);

function Input({ param, value, onChange, id }: FieldProps & { readonly id: string }) {
  const { type, values, hint = "", names, secret, default: usual } = param;
  const known = useKnownNames(names);
  const common = { id, name: param.name, "aria-describedby": `${id}-about` };
  if (values !== undefined && type === "value")
    return (
      <select {...common} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">{usual === undefined ? "–" : `${usual} (as usual)`}</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    );
  if (type === "list")
    return (
      <>
        <textarea
          {...common}
          rows={Math.min(8, value.split("\n").length + 1)}
          placeholder={`${hint}, one a line`}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
        <Suggestions known={values ?? known} value={value} onChange={onChange} />
      </>
    );
  if (secret)
    return (
      <input
        {...common}
        type="password"
        autocomplete="off"
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    );
  return (
    <>
      <input
        {...common}
        type="text"
        autocomplete="off"
        spellcheck={false}
        placeholder={usual === undefined ? hint : String(usual)}
        value={value}
        list={known.length > 0 ? `${id}-known` : undefined}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      {known.length > 0 && (
        <datalist id={`${id}-known`}>
          {known.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** More are typed faster than found. */
const SUGGESTED_MAX = 20;

function Suggestions({
  known,
  value,
  onChange,
}: {
  readonly known: readonly string[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const lines = value.split("\n").map((line) => line.trim());
  const others = known.filter((one) => !lines.includes(one)).slice(0, SUGGESTED_MAX);
  if (others.length === 0) return null;
  return (
    <div class="suggestions">
      {others.map((one) => (
        <button
          key={one}
          type="button"
          class="suggestion"
          aria-label={`Add ${visible(one)}`}
          onClick={() => onChange([...lines.filter((line) => line !== ""), one].join("\n"))}
        >
          + <Name text={one} />
        </button>
      ))}
    </div>
  );
}

/** What a parameter names, as far as it is known without asking the servers. */
function useKnownNames(names: string | undefined): readonly string[] {
  const isOf = (what: string): boolean => names?.includes(what) ?? false;
  const list = useAnswer(isOf("snapshots") || isOf("backends") ? "/api/v1/snapshots" : undefined);
  const places = useAnswer(isOf("places") ? "/api/v1/places" : undefined);
  const snapshots = list.value?.snapshots ?? [];
  return [
    ...(isOf("snapshots") ? ["latest", ...snapshots.map(({ name }) => name).reverse()] : []),
    ...(isOf("backends")
      ? new Set(snapshots.flatMap(({ backends }) => backends.map(({ backend }) => backend)))
      : []),
    ...(places.value?.places ?? []).map(({ place }) => place),
  ];
}
