using System.Buffers;
using System.Text;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;
using MessagePack;

namespace DistEmbed.Protocol.Serialization;

/// <summary>
/// Reads the fields of a message that nobody vouches for. It takes known fields in their order and nothing else, so input decides no type and no depth; a length is
/// compared with the bytes that are left before anything of that length is made, and keys of dictionaries are few and checked.
/// </summary>
internal ref struct MessageReader(ReadOnlyMemory<byte> bytes)
{
    private const int MostItems = 1 << 20;
    private const int MostTables = 4096;
    private const int DigestBytes = 32;
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);
    private static readonly int s_reasons = Enum.GetValues<RefusalReason>().Length;
    private MessagePackReader _reader = new(bytes);

    public delegate T Item<out T>(ref MessageReader reader);

    public readonly bool End => _reader.End;

    public void Fields(int count)
    {
        if (_reader.ReadArrayHeader() is var found && found != count)
            throw new MessagePackSerializationException($"{found} fields instead of {count}.");
    }

    public int Int() => _reader.ReadInt32();

    public long Long() => _reader.ReadInt64();

    public double Double() => _reader.ReadDouble();

    public bool Flag() => _reader.ReadBoolean();

    public string Text() => TextOrNull() ?? throw new MessagePackSerializationException("a text is missing.");

    public string? TextOrNull() => _reader.ReadStringSequence() is { } text ? s_strict.GetString(text) : null;

    public int? IntOrNull() => _reader.TryReadNil() ? null : Int();

    public bool? FlagOrNull() => _reader.TryReadNil() ? null : Flag();

    public float? FloatOrNull() => _reader.TryReadNil() ? null : _reader.ReadSingle();

    public double? DoubleOrNull() => _reader.TryReadNil() ? null : Double();

    public DateTimeOffset Time() => new(Long(), TimeSpan.Zero);

    public T OneOf<T>() where T : struct, Enum
    {
        int number = Int();
        var value = (T)Enum.ToObject(typeof(T), number);
        return Enum.IsDefined(value) ? value : throw new MessagePackSerializationException($"{number} is no {typeof(T).Name}.");
    }

    public int[] Ints() => List(static (ref reader) => reader.Int());

    public string[] Texts() => List(static (ref reader) => reader.Text());

    public T[] List<T>(Item<T> item, int most = MostItems)
    {
        // The header is refused where fewer bytes follow than items, so the array is no larger than a small multiple of what was sent.
        int count = Bounded(_reader.ReadArrayHeader(), most);
        var items = new T[count];
        for (int i = 0; i < count; i++)
            items[i] = item(ref this);
        return items;
    }

    public PlanChange Change()
    {
        Fields(7);
        return new PlanChange(Int(), Text(), FlagOrNull(), DoubleOrNull(), Text(), Time()) { BeginsPhase = IntOrNull() };
    }

    public TableSpec Table()
    {
        Fields(9);
        return new TableSpec(Text(), Text(), Int(), Int(), Init(), Flag()) { MaxNorm = DoubleOrNull(), AlwaysFrozen = Flag(), PaddingRow = IntOrNull() };
    }

    public ShardPlace Place()
    {
        Fields(3);
        return new ShardPlace(Int(), Text(), Text());
    }

    public RunDescription Run()
    {
        Fields(14);
        return new RunDescription(
            Text(), Text(), Text(), List(static (ref reader) => reader.Table(), MostTables), Int(), Int(), Int(), FloatOrNull(), Text(), TextOrNull(),
            List(static (ref reader) => reader.Change()), Int(), List(static (ref reader) => reader.Place(), Slots.Count))
        { ClassesArtifact = TextOrNull() };
    }

    public RowTraffic Traffic()
    {
        Fields(7);
        return new RowTraffic(Long(), Long(), Long(), Long(), Long()) { RowsKept = Long(), BytesKept = Long() };
    }

    public ShardFileInfo File()
    {
        Fields(3);
        return new ShardFileInfo(Text(), Long(), Text());
    }

    public IReadOnlyDictionary<int, byte[]>[] AllDigests() => List(static (ref reader) => reader.Digests(), MostTables);

    public PushCounters Counters()
    {
        Fields(4);
        long applied = Long();
        long duplicates = Long();
        int count = Bounded(_reader.ReadMapHeader(), s_reasons);
        var refused = new Dictionary<RefusalReason, long>(count);
        for (int i = 0; i < count; i++)
        {
            if (!refused.TryAdd(OneOf<RefusalReason>(), Long()))
                throw new MessagePackSerializationException("a reason comes twice.");
        }

        return new PushCounters(applied, duplicates, refused, Long());
    }

    private Dictionary<int, byte[]> Digests()
    {
        int count = Bounded(_reader.ReadMapHeader(), Slots.Count);
        var digests = new Dictionary<int, byte[]>(count);
        for (int i = 0; i < count; i++)
        {
            int slot = Int();
            if (slot is < 0 or >= Slots.Count || _reader.ReadBytes() is not { Length: DigestBytes } digest || !digests.TryAdd(slot, digest.ToArray()))
                throw new MessagePackSerializationException($"no digest of slot {slot}, or a second one.");
        }

        return digests;
    }

    private RowInit Init()
    {
        int fields = _reader.ReadArrayHeader();
        return (fields, Int()) switch
        {
            (1, RowInitKinds.Zero) => new RowInit.Zero(),
            (3, RowInitKinds.Uniform) => new RowInit.Uniform(_reader.ReadSingle(), Int()),
            (2, RowInitKinds.CopyOf) => new RowInit.CopyOf(Text()),
            (_, var kind) => throw new MessagePackSerializationException($"{kind} with {fields} fields is no way to start a row."),
        };
    }

    private static int Bounded(int count, int most) =>
        count <= most ? count : throw new MessagePackSerializationException($"{count} items, more than {most}.");
}
