using System.Text;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Checkpoints;

public sealed class CheckpointManifestTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string FilePath => _folder.In("manifest.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Everything_reads_back()
    {
        CheckpointManifest written = Manifests.Of(12, [new("shard-0-of-1.rows", 5, "ef")]);
        written.Write(FilePath);
        byte[] first = File.ReadAllBytes(FilePath);

        CheckpointManifest read = CheckpointManifest.Read(FilePath);

        Assert.Equal(("kim", "tune", 12, 1, CheckpointKind.Periodic, written.Created), (read.JobName, read.Stage, read.Step, read.Epoch, read.Kind, read.Created));
        Assert.Equal(written.Files, read.Files);
        Assert.Equal(written.TableHashes, read.TableHashes);
        Assert.Equal(written.Resume.Evaluations, read.Resume.Evaluations);
        Assert.Equal((written.Resume.Best, 1, 13, 1e-3), (read.Resume.Best, read.Resume.EvaluationsSinceBest, read.Resume.NextStep, read.Resume.ElapsedSeconds));
        Assert.Equal(written.Resume.Groups, read.Resume.Groups);
        Assert.Equal(written.Resume.Totals.PushesRejected, read.Resume.Totals.PushesRejected);
        Assert.Equal(long.MaxValue, read.Resume.Totals.Examples);
        read.Write(FilePath);
        Assert.Equal(first, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void A_flipped_bit_in_any_byte_and_a_cut_anywhere_are_seen()
    {
        (Manifests.Of(12, []) with { Resume = new() { NextStep = 13 } }).Write(FilePath);
        byte[] bytes = File.ReadAllBytes(FilePath);
        for (int i = 0; i < bytes.Length; i++)
        {
            byte right = bytes[i];
            bytes[i] ^= (byte)(1 << (i % 8));
            AssertRefused(bytes);
            bytes[i] = right;
            AssertRefused(bytes.AsSpan(0, i));
        }

        void AssertRefused(ReadOnlySpan<byte> damaged)
        {
            File.WriteAllBytes(FilePath, damaged);
            Assert.Throws<CheckpointDamagedException>(() => CheckpointManifest.Read(FilePath));
        }
    }

    [Theory]
    [InlineData("{\"formatVersion\": 1, \"old\": []}", "format version 1, but this program reads version 2")]
    [InlineData("{\"formatVersion\": 2}", "does not match its checksum")]
    [InlineData("{}", "no formatVersion")]
    [InlineData("[]", "no formatVersion")]
    [InlineData("{\"formatVersion\": \"x\"}", "not a checkpoint manifest")]
    public void What_is_no_manifest_of_this_version_is_refused(string text, string reason)
    {
        File.WriteAllBytes(FilePath, Encoding.UTF8.GetBytes(text));
        Assert.Contains(reason, Assert.Throws<CheckpointDamagedException>(() => CheckpointManifest.Read(FilePath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_told_and_leaves_the_old_manifest()
    {
        if (!File.Exists("/dev/full"))
            return;
        File.WriteAllText(FilePath, "old");
        File.CreateSymbolicLink(FilePath + ".tmp", "/dev/full");
        CheckpointWriteException e = Assert.Throws<CheckpointWriteException>(() => Manifests.Of(1, []).Write(FilePath));
        Assert.Equal(FilePath, e.Path);
        Assert.Equal("old", File.ReadAllText(FilePath));
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(_folder.Path));
    }
}
