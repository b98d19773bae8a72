using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>A committed checkpoint on disk.</summary>
/// <param name="Step">The step whose end it shows.</param>
/// <param name="Path">Its directory.</param>
public sealed record CheckpointEntry(int Step, string Path)
{
    /// <summary>Reads the manifest.</summary>
    /// <exception cref="CheckpointDamagedException">It cannot be read.</exception>
    public CheckpointManifest ReadManifest() => CheckpointManifest.Read(System.IO.Path.Combine(Path, CheckpointManifest.FileName));

    /// <summary>Path of one of its files.</summary>
    public string PathOf(ShardFileInfo file) => System.IO.Path.Combine(Path, file.FileName);

    /// <summary>Reads every byte of the checkpoint and compares with the manifest: each file present, its size, its SHA-256.</summary>
    /// <returns>A problem for each damaged file, with what and where; empty: the checkpoint is whole.</returns>
    public IReadOnlyList<InputError> Verify()
    {
        const string Fix = "Resume from another checkpoint with --from-step.";
        string of = $"checkpoint of step {Step}: ";
        CheckpointManifest manifest;
        try
        {
            manifest = ReadManifest();
        }
        catch (CheckpointDamagedException e)
        {
            return [new InputError(of + e.Path, e.What, Fix)];
        }

        var problems = new List<InputError>();
        if (manifest.Step != Step)
            problems.Add(new InputError(of + Path, $"the manifest is that of step {manifest.Step}.", Fix));
        foreach (ShardFileInfo file in manifest.Files)
        {
            string path = PathOf(file);
            if ((WrongSize(path, file) ?? WrongContent(path, file)) is { } problem)
                problems.Add(new InputError(of + path, problem, Fix));
        }

        return problems;
    }

    internal static string? WrongSize(string path, ShardFileInfo expected)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            return "the file is missing.";
        return file.Length == expected.Bytes
            ? null
            : $"{(file.Length < expected.Bytes ? "truncated" : "too long")}: expected {expected.Bytes} bytes, found {file.Length}.";
    }

    private static string? WrongContent(string path, ShardFileInfo expected)
    {
        try
        {
            string sha256;
            using (var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan))
                sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (sha256 == expected.Sha256)
                return null;

            // The hash says that something differs; the blocks say where.
            using ShardFileReader reader = ShardFileReader.Open(path);
            reader.ReadTables((_, _, _, _, _) => { });
            return $"another file: SHA-256 {sha256}, expected {expected.Sha256}.";
        }
        catch (CheckpointDamagedException e)
        {
            return e.What;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
    }
}

/// <summary>The answer to which checkpoint a run can go on from.</summary>
/// <param name="Entry">The newest checkpoint that is whole; null: there is none.</param>
/// <param name="Manifest">Its manifest; null with <paramref name="Entry"/>.</param>
/// <param name="Problems">What is wrong with every newer one. Empty: the newest is whole, or there are no checkpoints.</param>
public sealed record CheckpointChoice(CheckpointEntry? Entry, CheckpointManifest? Manifest, IReadOnlyList<InputError> Problems)
{
    /// <summary>Whether there is a checkpoint to go on from.</summary>
    [MemberNotNullWhen(true, nameof(Entry), nameof(Manifest))]
    public bool Found => Entry is not null;
}
