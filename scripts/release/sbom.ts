/** What is inside, as SPDX 2.3 (ISO/IEC 5962) JSON. The same input gives the same bytes. */
import { PACKAGES } from "../../src/licenses/packages.ts";

export interface SbomInput {
  readonly version: string;
  /** ISO 8601, without a fraction. */
  readonly created: string;
  /** SHA-256 by released file. */
  readonly sums: ReadonlyMap<string, string>;
}

export function toSbom({ version, created, sums }: SbomInput): string {
  const [own, ...others] = PACKAGES.map((one) => packageOf(one));
  const files = [...sums].map(([name, sum]) => ({
    SPDXID: `SPDXRef-File-${name}`,
    fileName: `./${name}`,
    checksums: [{ algorithm: "SHA256", checksumValue: sum }],
    licenseConcluded: "NOASSERTION",
    copyrightText: "NOASSERTION",
  }));
  const relation = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
    spdxElementId,
    relationshipType,
    relatedSpdxElement,
  });
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `contextcore-${version}`,
    documentNamespace: `https://spdx.org/spdxdocs/contextcore-${version}-${[...sums.values()].join("").slice(0, 32)}`,
    creationInfo: { created, creators: [`Tool: contextcore-release-${version}`] },
    packages: [own, ...others],
    files,
    relationships: [
      relation("SPDXRef-DOCUMENT", "DESCRIBES", own?.SPDXID ?? ""),
      ...others.map(({ SPDXID }) => relation(own?.SPDXID ?? "", "CONTAINS", SPDXID)),
      ...files.map(({ SPDXID }) => relation(SPDXID, "GENERATED_FROM", own?.SPDXID ?? "")),
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function packageOf({ name, version, license }: (typeof PACKAGES)[number]) {
  return {
    SPDXID: `SPDXRef-Package-${name.replace(/[^A-Za-z0-9.]+/g, "-").replace(/^-/, "")}`,
    name,
    versionInfo: version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: license,
    licenseDeclared: license,
    copyrightText: "NOASSERTION",
    externalRefs: [
      {
        referenceCategory: "PACKAGE-MANAGER",
        referenceType: "purl",
        referenceLocator: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      },
    ],
  };
}
