using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Reports;

/// <summary>What a sweep is made of, kept as <c>sweep.json</c>: enough to go on with it, or to compare its runs, without the files it was started from.</summary>
public sealed record SweepManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "sweep.json";

    private const int CurrentVersion = 1;

    /// <summary>Version of the format.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The job file's text, as the user wrote it.</summary>
    public required string Job { get; init; }

    /// <summary>What names the job and where its relative paths start; null in sweeps of old: the current folder.</summary>
    public JobOrigin? Origin { get; init; }

    /// <summary>Settings on top of it, <c>path=value</c>.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    /// <summary>The settings that vary.</summary>
    public required IReadOnlyList<Variation> Vary { get; init; }

    /// <summary>The folds that every variant is trained for; null: it does not cross-validate.</summary>
    public SweepFolds? Folds { get; init; }

    /// <summary>The seeds.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>SHA-256 over the variants' names and job fingerprints: which results the sweep leads to, whatever its seeds.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Writes the manifest into a sweep's directory, whole or not at all.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(string directory) =>
        AtomicFile.WriteAllBytes(Path.Combine(directory, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, JobJson.Options), (byte)'\n']);

    /// <summary>Reads the manifest of a sweep's directory.</summary>
    /// <exception cref="InvalidInputException">There is none, or it cannot be used.</exception>
    public static SweepManifest Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            throw new InvalidInputException(directory, Directory.Exists(directory) ? "holds no sweep.json, so it is no sweep directory." : "there is no such sweep directory.",
                "Check the path, or start a new sweep without --resume.");
        }

        try
        {
            SweepManifest manifest = JsonSerializer.Deserialize<SweepManifest>(File.ReadAllBytes(path), JobJson.Options) ?? throw new JsonException("It is null.");
            return manifest.Version == CurrentVersion ? manifest
                : throw new JsonException($"it has version {manifest.Version}, and this program reads version {CurrentVersion}.");
        }
        catch (JsonException garbled)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be read: {garbled.Message}", "Put the file back as it was, or start a new sweep."), garbled);
        }
    }
}
