using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>
/// The commit marker of a checkpoint, <c>manifest.json</c>, written after every shard file: what the checkpoint consists of and everything beside the rows that
/// a run needs to go on. The file ends in a checksum over itself, so a changed bit in it is seen too.
/// </summary>
public sealed record CheckpointManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The format version that this program writes and reads.</summary>
    public const int CurrentVersion = 2;

    private const string NoChecksum = "00000000";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Version of the format.</summary>
    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = CurrentVersion;

    /// <summary>Fingerprint of the job.</summary>
    public required string JobFingerprint { get; init; }

    /// <summary>Name of the job.</summary>
    public required string JobName { get; init; }

    /// <summary>Name of the stage; null in a job of one stage.</summary>
    public string? Stage { get; init; }

    /// <summary>The step whose end the checkpoint shows; 0: before training.</summary>
    public required int Step { get; init; }

    /// <summary>The epoch of that step, from 0.</summary>
    public required int Epoch { get; init; }

    /// <summary>Why it was written.</summary>
    public required CheckpointKind Kind { get; init; }

    /// <summary>When it was written, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Number of shards that wrote it, a file each.</summary>
    public required int Shards { get; init; }

    /// <summary>The shard files.</summary>
    public required IReadOnlyList<ShardFileInfo> Files { get; init; }

    /// <summary>SHA-256 of each table by its name, over rows and state in canonical order: the same for any number of shards.</summary>
    public required IReadOnlyDictionary<string, string> TableHashes { get; init; }

    /// <summary>Where training goes on.</summary>
    public required ResumeState Resume { get; init; }

    /// <summary>CRC-32C of the file with this value as eight zeros: hexadecimal, set by <see cref="Write"/>.</summary>
    [JsonPropertyOrder(1)]
    public string Checksum { get; init; } = NoChecksum;

    /// <summary>Writes the manifest as it would be committed: atomically.</summary>
    /// <exception cref="CheckpointWriteException">The disk is full or refuses.</exception>
    public void Write(string path)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(this with { Checksum = NoChecksum }, s_json);
        Encoding.ASCII.GetBytes(Crc32C.Of(bytes).ToString("x8"), bytes.AsSpan(ChecksumAt(bytes), NoChecksum.Length));
        CheckpointWriteException.Guard(path, () => AtomicFile.WriteAllBytes(path, bytes));
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="CheckpointDamagedException">It is missing, of another format version, changed since it was written, or no manifest.</exception>
    public static CheckpointManifest Read(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointDamagedException(path, "the file is missing.", e);
        }
    }

    /// <summary>Reads the bytes of a manifest.</summary>
    /// <param name="bytes">The bytes; the checksum in them is blanked.</param>
    /// <param name="path">What errors call them.</param>
    /// <exception cref="CheckpointDamagedException">They are of another format version, changed since they were written, or no manifest.</exception>
    public static CheckpointManifest Read(byte[] bytes, string path)
    {
        try
        {
            using (JsonDocument document = JsonDocument.Parse(bytes))
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object
                    || !document.RootElement.TryGetProperty("formatVersion", out JsonElement version) || !version.TryGetInt32(out int number))
                {
                    throw new CheckpointDamagedException(path, "not a checkpoint manifest: it has no formatVersion.");
                }

                if (number != CurrentVersion)
                    throw new CheckpointDamagedException(path, $"format version {number}, but this program reads version {CurrentVersion}: read it with the release that wrote it.");
            }

            int at = ChecksumAt(bytes);
            string stored = at < 0 ? "" : Encoding.ASCII.GetString(bytes, at, NoChecksum.Length);
            if (at >= 0)
                Encoding.ASCII.GetBytes(NoChecksum, bytes.AsSpan(at));
            if (stored != Crc32C.Of(bytes).ToString("x8"))
                throw new CheckpointDamagedException(path, "its content does not match its checksum: it changed after it was written.");
            return JsonSerializer.Deserialize<CheckpointManifest>(bytes, s_json)! with { Checksum = stored };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointDamagedException(path, $"not a checkpoint manifest: {e.Message}", e);
        }
    }

    /// <summary>Where the eight digits of the checksum, the file's last value, start; -1 if the file does not end as a manifest does.</summary>
    private static int ChecksumAt(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> before = "\"checksum\": \""u8, behind = "\"\n}"u8;
        int at = bytes.Length - behind.Length - NoChecksum.Length;
        return at >= before.Length && bytes[..at].EndsWith(before) && bytes.EndsWith(behind) ? at : -1;
    }
}

/// <summary>Why a checkpoint was written.</summary>
public enum CheckpointKind
{
    /// <summary>Because its step or minute had come.</summary>
    Periodic,

    /// <summary>Because its evaluation was the best so far.</summary>
    Best,

    /// <summary>Because training was done.</summary>
    Final,

    /// <summary>Because the run was told to stop.</summary>
    Interrupted,
}
