import type { Item } from "../manifest/entry.ts";
import { type Queryable, toNumber } from "./queryable.ts";

/** A part that can be picked: a row of `lastgood.backup_item`. */
export interface BackupItem extends Item {
  readonly id: number;
}

interface Row {
  readonly id: string;
  readonly kind: Item["kind"];
  readonly name: string;
  readonly parent_name: string | null;
  readonly size_bytes: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What can be picked of a backup: all of it, or what is named to the letter, by a row or a machine. */
export async function readItems(
  db: Queryable,
  backupId: number,
  names?: readonly string[],
): Promise<BackupItem[]> {
  const { rows } = await db.query<Row>(
    `select backup_item_id as id, kind, name, parent_name, size_bytes, details
     from lastgood.backup_item
     where backup_id = $1::bigint
       and (
         $2::text[] is null or name = any ($2) or backup_item_id = any ($3::bigint[])
         or cardinality($4::text[]) > 0 and details ->> 'id' = any ($4)
       )
     order by backup_item_id`,
    [
      backupId,
      names ?? null,
      names?.filter((name) => /^\d{1,18}$/.test(name)),
      names?.map((name) => name.toLowerCase()).filter((name) => guid.test(name)),
    ],
  );
  return rows.map(({ id, parent_name: parent, size_bytes, ...item }) => {
    const size = toNumber(size_bytes);
    return {
      ...item,
      id: Number(id),
      ...(parent === null ? {} : { parent }),
      ...(size === null ? {} : { sizeBytes: size }),
    };
  });
}
