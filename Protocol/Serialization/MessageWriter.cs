using System.Buffers;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using MessagePack;

namespace DistEmbed.Protocol.Serialization;

/// <summary>Writes the fields of a message, one after the other; <see cref="MessageReader"/> is its mirror.</summary>
internal ref struct MessageWriter(IBufferWriter<byte> output)
{
    private MessagePackWriter _writer = new(output);

    public delegate void Item<in T>(ref MessageWriter writer, T item);

    public void Fields(int count) => _writer.WriteArrayHeader(count);

    public void Int(int value) => _writer.Write(value);

    public void Long(long value) => _writer.Write(value);

    public void Double(double value) => _writer.Write(value);

    public void Flag(bool value) => _writer.Write(value);

    public void Text(string value) => _writer.Write(value);

    public void TextOrNull(string? value) => _writer.Write(value);

    public void IntOrNull(int? value)
    {
        if (value is { } number)
            _writer.Write(number);
        else
            _writer.WriteNil();
    }

    public void FlagOrNull(bool? value)
    {
        if (value is { } flag)
            _writer.Write(flag);
        else
            _writer.WriteNil();
    }

    public void FloatOrNull(float? value)
    {
        if (value is { } number)
            _writer.Write(number);
        else
            _writer.WriteNil();
    }

    public void DoubleOrNull(double? value)
    {
        if (value is { } number)
            _writer.Write(number);
        else
            _writer.WriteNil();
    }

    /// <summary>A time, as ticks of UTC.</summary>
    public void Time(DateTimeOffset value) => _writer.Write(value.UtcTicks);

    public void Ints(IReadOnlyList<int> values) => List(values, static (ref writer, value) => writer.Int(value));

    public void Texts(IReadOnlyList<string> values) => List(values, static (ref writer, value) => writer.Text(value));

    public void List<T>(IReadOnlyList<T> values, Item<T> item)
    {
        _writer.WriteArrayHeader(values.Count);
        foreach (T value in values)
            item(ref this, value);
    }

    public void Change(PlanChange change)
    {
        Fields(7);
        Int(change.Step);
        Text(change.Group);
        FlagOrNull(change.Frozen);
        DoubleOrNull(change.LearningRate);
        Text(change.Who);
        Time(change.At);
        IntOrNull(change.BeginsPhase);
    }

    public void Table(TableSpec table)
    {
        Fields(9);
        Text(table.Name);
        Text(table.Group);
        Int(table.Rows);
        Int(table.Dimension);
        Init(table.Init);
        Flag(table.Dense);
        DoubleOrNull(table.MaxNorm);
        Flag(table.AlwaysFrozen);
        IntOrNull(table.PaddingRow);
    }

    public void Place(ShardPlace place)
    {
        Fields(3);
        Int(place.Shard);
        Text(place.Node);
        Text(place.RowAddress);
    }

    public void Run(RunDescription run)
    {
        Fields(14);
        Text(run.Run);
        Text(run.JobJson);
        Text(run.JobFingerprint);
        List(run.Tables, static (ref writer, table) => writer.Table(table));
        Int(run.StepsPerEpoch);
        Int(run.TotalSteps);
        Int(run.Dimension);
        FloatOrNull(run.EmbeddingRange);
        Text(run.DataArtifact);
        TextOrNull(run.RowsArtifact);
        List(run.Changes, static (ref writer, change) => writer.Change(change));
        Int(run.Epoch);
        List(run.Shards, static (ref writer, place) => writer.Place(place));
        TextOrNull(run.ClassesArtifact);
    }

    public void Traffic(RowTraffic traffic)
    {
        Fields(7);
        Long(traffic.RowsPulled);
        Long(traffic.RowsPushed);
        Long(traffic.BytesPulled);
        Long(traffic.BytesPushed);
        Long(traffic.PushesSent);
        Long(traffic.RowsKept);
        Long(traffic.BytesKept);
    }

    public void File(ShardFileInfo file)
    {
        Fields(3);
        Text(file.FileName);
        Long(file.Bytes);
        Text(file.Sha256);
    }

    public void Digests(IReadOnlyDictionary<int, byte[]> digests)
    {
        _writer.WriteMapHeader(digests.Count);
        foreach ((int slot, byte[] digest) in digests.OrderBy(pair => pair.Key))
        {
            Int(slot);
            _writer.Write(digest);
        }
    }

    public void Counters(PushCounters counters)
    {
        Fields(4);
        Long(counters.Applied);
        Long(counters.Duplicates);
        _writer.WriteMapHeader(counters.Refused.Count);
        foreach ((RefusalReason reason, long count) in counters.Refused.OrderBy(pair => pair.Key))
        {
            Int((int)reason);
            Long(count);
        }

        Long(counters.FrozenRows);
    }

    public void Complete() => _writer.Flush();

    private void Init(RowInit init)
    {
        switch (init)
        {
            case RowInit.Zero:
                Fields(1);
                Int(RowInitKinds.Zero);
                break;
            case RowInit.Uniform uniform:
                Fields(3);
                Int(RowInitKinds.Uniform);
                _writer.Write(uniform.Range);
                Int(uniform.ZeroRows);
                break;
            case RowInit.CopyOf copy:
                Fields(2);
                Int(RowInitKinds.CopyOf);
                Text(copy.Table);
                break;
            default:
                throw new ArgumentException($"{init.GetType()} has no place on the wire.", nameof(init));
        }
    }
}

/// <summary>How first values are told apart on the wire: never change these.</summary>
internal static class RowInitKinds
{
    public const int Zero = 0;
    public const int Uniform = 1;
    public const int CopyOf = 2;
}
