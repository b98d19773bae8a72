using System.Security.Cryptography;
using System.Text;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>
/// The hash of tables: equal exactly when all rows, optimizer state included, are equal bit by bit, whatever the number of shards. A table's hash is the SHA-256
/// over (slot, digest of the slot's rows) in slot order; the run's is the SHA-256 over (name, hash) in ordinal order of the names.
/// </summary>
public static class TableHash
{
    /// <summary>The hash of each table by name.</summary>
    /// <param name="names">Names of the tables.</param>
    /// <param name="digests">For each shard, for each table: the digest of each slot that holds rows. A slot is on one shard only.</param>
    public static IReadOnlyDictionary<string, string> Of(
        IReadOnlyList<string> names, IReadOnlyList<IReadOnlyList<IReadOnlyDictionary<int, byte[]>>> digests)
    {
        var hashes = new Dictionary<string, string>();
        for (int table = 0; table < names.Count; table++)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach ((int slot, byte[] digest) in digests.SelectMany(shard => shard[table]).OrderBy(d => d.Key))
            {
                hash.AppendData(BitConverter.GetBytes(slot));
                hash.AppendData(digest);
            }

            hashes[names[table]] = Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        return hashes;
    }

    /// <summary>The hash of a run, made of its tables'.</summary>
    public static string Of(IReadOnlyDictionary<string, string> tables)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, string value) in tables.OrderBy(t => t.Key, StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {value}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
