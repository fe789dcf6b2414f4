import type { Client } from "pg";
import { Attachments, type AttachedSource, type RevivedBackup } from "../admin/attachments.ts";
import type { NewProvider } from "../backup/add-provider.ts";
import type { RunEnvironment } from "../backup/environment.ts";
import { reap } from "../backup/reap.ts";
import { ProviderDao } from "../dao/provider.ts";
import { readIdentities, resolveRecipients } from "../encryption/keys.ts";
import { NotFoundError, UsageError } from "../errors.ts";
import type { Ownership } from "../providers/provider.ts";
import {
  findOwner,
  findProviderType,
  openProvider,
  takeOverProvider,
} from "../providers/registry.ts";
import { parseSettings } from "../settings.ts";
import { inTransaction } from "../transaction.ts";
import { type AttachMode, fillCatalogue } from "./fill-catalogue.ts";
import type { PlaceScan } from "./found-copy.ts";
import { readNewest } from "./newest.ts";
import { refuseChanged, scanPlace } from "./scan.ts";
import { secretsIn } from "./usable-settings.ts";

/** Asked once it is known what lies there. */
export type ChooseMode = (found: PlaceScan) => Promise<AttachMode>;

export interface AttachOutcome {
  readonly provider: string;
  readonly mode: AttachMode;
  readonly sources: readonly AttachedSource[];
  /** What the settings of its sources name, as `secret:NAME`: it has to be here, too. */
  readonly needs: readonly string[];
  /** Backups that lack something. */
  readonly damaged: readonly {
    readonly backup: string;
    readonly state: "CORRUPT" | "MISSING";
    readonly reason: string;
  }[];
  readonly unreadable: PlaceScan["unreadable"];
  /** Backups that had failed here or were deleted. */
  readonly revived: readonly RevivedBackup[];
}

/**
 * Makes a place with backups ours, and its backups known. Until the last step nothing has changed; it
 * replaces the marker there and then the catalogue takes all of it. Killed between these two, it leaves
 * a place of ours that no provider has: the next attach takes it from there.
 *
 * @throws NotFoundError where there is nothing; a database error LG057 where it is in use here
 */
export async function attachProvider(
  client: Client,
  provider: NewProvider,
  choose: ChooseMode,
  environment: RunEnvironment,
): Promise<AttachOutcome> {
  const { type, settings } = provider;
  parseSettings(await findProviderType(type), settings);
  const recipients = await resolveRecipients(provider.recipients, environment.env);
  // One that stopped half-way, as this catalogue has it, may lie there whole.
  await reap(client, environment);
  const owner = await ownerOf(provider, environment);
  await rehearse(client, { ...provider, recipients }, owner);
  const place = await openProvider(
    { type, settings, marker: owner.marker },
    owner.installation,
    environment,
  );
  try {
    const found = await scanPlace({ provider: place, signal: environment.signal });
    const mode = await choose(found);
    const chosen = { ...provider, ...choicesOf(provider, recipients, found, mode) };
    const identities = await readIdentities(environment.env);
    const newest = await readNewest(place, found.copies, identities, environment.signal);
    const attached = await inTransaction(client, async () => {
      const findings = { found, newest, mode };
      const filled = await fillCatalogue(client, chosen, owner, findings, environment.warn);
      await takeOver(client, provider, { owner, found }, environment);
      return filled;
    });
    return {
      provider: provider.name,
      mode,
      ...attached,
      needs: secretsOf(attached.sources),
      ...describe(found),
    };
  } finally {
    await place.close();
  }
}

/** @throws PlaceError where it changed hands or contents since it was read */
async function takeOver(
  client: Client,
  { name, type, settings }: NewProvider,
  { owner, found }: { readonly owner: Ownership; readonly found: PlaceScan },
  environment: RunEnvironment,
): Promise<void> {
  const dao = new ProviderDao(client);
  const { marker } = await dao.getProvider(name);
  const installation = await dao.getInstallation();
  const row = { type, settings, marker };
  await takeOverProvider(row, installation, owner, environment);
  const place = await openProvider(row, installation, environment);
  try {
    await refuseChanged(place, found);
  } finally {
    await place.close();
  }
}

async function ownerOf(provider: NewProvider, environment: RunEnvironment): Promise<Ownership> {
  const owner = await findOwner(provider, environment);
  if (owner !== undefined) return owner;
  throw new NotFoundError("there is nothing to attach: no installation has kept backups there", {
    hint: `Is it mounted, and is this the right place? To begin there: lastgood provider add ${provider.name}`,
  });
}

/** What the catalogue refuses, it refuses before the place is read, which may take long. */
async function rehearse(client: Client, provider: NewProvider, owner: Ownership): Promise<void> {
  await client.query("begin");
  try {
    await new Attachments(client).addProvider({ ...provider, recipients: [] }, owner);
  } finally {
    await client.query("rollback");
  }
}

/**
 * What goes on does so as it was, as far as nothing else was asked for. But for whom backups are
 * encrypted is never taken from a place to which others may have written.
 */
function choicesOf(
  provider: NewProvider,
  recipients: readonly string[],
  { copies }: PlaceScan,
  mode: AttachMode,
): Pick<NewProvider, "layout" | "group" | "recipients"> {
  const newest = copies.at(-1)?.head;
  if (mode === "fresh" || newest === undefined) {
    return { layout: provider.layout, group: provider.group, recipients };
  }
  if (newest.recipients.length > 0 && recipients.length === 0) {
    throw new UsageError("the newest backup there is encrypted, and no --recipient is given", {
      hint: `Those of its manifest, if they are yours: ${newest.recipients
        .map((recipient) => `--recipient ${recipient}`)
        .join(" ")}`,
    });
  }
  const hasTrees = copies.some(({ head }) => head.layout === "tree");
  return {
    layout: provider.layout ?? (hasTrees && recipients.length === 0 ? "tree" : newest.layout),
    group: provider.group ?? newest.group,
    recipients,
  };
}

function secretsOf(sources: readonly AttachedSource[]): readonly string[] {
  return [...new Set(sources.flatMap(({ settings }) => secretsIn(settings ?? {})))].toSorted();
}

function describe({
  copies,
  unreadable,
}: PlaceScan): Pick<AttachOutcome, "damaged" | "unreadable"> {
  return {
    damaged: copies.flatMap(({ head, damage }) =>
      damage === undefined ? [] : [{ backup: head.backup.name, ...damage }],
    ),
    unreadable,
  };
}
