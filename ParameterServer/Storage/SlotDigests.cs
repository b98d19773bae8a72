using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// SHA-256 of the rows of each slot of a table, in row order: id, last step, values, state, little-endian. A slot is on one shard whole, so that a table's
/// digests do not depend on how many shards there are.
/// </summary>
public sealed class SlotDigests : IDisposable
{
    private readonly IncrementalHash?[] _hashes = new IncrementalHash?[Slots.Count];
    private readonly byte[] _head = new byte[2 * sizeof(int)];

    /// <summary>Adds a row; rows come in rising order.</summary>
    public void Add(int row, int lastStep, ReadOnlySpan<float> values, ReadOnlySpan<float> state)
    {
        IncrementalHash hash = _hashes[Slots.Of(row)] ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        BitConverter.TryWriteBytes(_head, row);
        BitConverter.TryWriteBytes(_head.AsSpan(sizeof(int)), lastStep);
        hash.AppendData(_head);
        hash.AppendData(MemoryMarshal.AsBytes(values));
        hash.AppendData(MemoryMarshal.AsBytes(state));
    }

    /// <summary>The digest of each slot that has rows.</summary>
    public IReadOnlyDictionary<int, byte[]> Complete()
    {
        var digests = new Dictionary<int, byte[]>();
        for (int slot = 0; slot < _hashes.Length; slot++)
        {
            if (_hashes[slot] is { } hash)
                digests[slot] = hash.GetHashAndReset();
        }

        return digests;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IncrementalHash? hash in _hashes)
            hash?.Dispose();
    }
}
