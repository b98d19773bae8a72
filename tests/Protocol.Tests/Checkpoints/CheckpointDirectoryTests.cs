using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Checkpoints;

public sealed class CheckpointDirectoryTests : IDisposable
{
    private const int Shards = 2;

    private readonly TempFolder _folder = new();
    private readonly CheckpointDirectory _checkpoints;

    public CheckpointDirectoryTests() => _checkpoints = new CheckpointDirectory(_folder.In("checkpoints"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Committed_checkpoints_are_listed_newest_first()
    {
        Assert.Empty(_checkpoints.List());
        foreach (int step in (int[])[9, 100, 20])
            Write(step);

        Assert.Equal([100, 20, 9], Steps());
        Assert.Equal(
            ["manifest.json", "shard-0-of-2.rows", "shard-1-of-2.rows"],
            Directory.GetFiles(Path.Combine(_checkpoints.Path, "step-0000000020")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(_checkpoints.List(), e => Assert.Empty(e.Verify()));
        Assert.Equal(20, _checkpoints.Get(20).ReadManifest().Step);
        Assert.Contains("There are: 100, 20, 9.", Assert.Throws<InvalidInputException>(() => _checkpoints.Get(21)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_without_its_manifest_does_not_exist_and_the_next_write_removes_it()
    {
        Write(10);
        WriteShards(_checkpoints.BeginWrite(20), 20);

        Assert.Equal([10], Steps());
        Assert.Equal(10, _checkpoints.LatestGood().Entry!.Step);

        _checkpoints.BeginWrite(30);
        Assert.False(Directory.Exists(Path.Combine(_checkpoints.Path, "step-0000000020")));
    }

    [Fact]
    public void Writing_a_step_again_starts_from_nothing()
    {
        Write(10);
        string directory = _checkpoints.BeginWrite(10);
        Assert.Empty(Directory.GetFileSystemEntries(directory));
        Assert.Empty(_checkpoints.List());
    }

    [Fact]
    public void Committing_again_replaces_the_manifest_only()
    {
        CheckpointEntry entry = Write(10);
        _checkpoints.Commit(entry.ReadManifest() with { Kind = CheckpointKind.Final });
        Assert.Equal(CheckpointKind.Final, entry.ReadManifest().Kind);
        Assert.Empty(entry.Verify());
    }

    [Fact]
    public void What_the_manifest_names_must_be_there()
    {
        string directory = _checkpoints.BeginWrite(10);
        CheckpointManifest manifest = Manifests.Of(10, WriteShards(directory, 10));
        Assert.Throws<ArgumentException>(() => _checkpoints.Commit(manifest with { Files = [manifest.Files[0], manifest.Files[0]] }));
        Assert.Throws<CheckpointDamagedException>(() => _checkpoints.Commit(manifest with { JobFingerprint = "another" }));

        File.Delete(Path.Combine(directory, "shard-1-of-2.rows"));
        Assert.Contains("shard-1-of-2.rows: the file is missing", Assert.Throws<CheckpointDamagedException>(() => _checkpoints.Commit(manifest)).Message, StringComparison.Ordinal);
        Assert.Empty(_checkpoints.List());
    }

    [Fact]
    public void Only_the_newest_and_the_named_are_kept()
    {
        for (int step = 1; step <= 6; step++)
            Write(step);
        Assert.Equal([4, 3, 1], _checkpoints.Retain(2, [2, 99]));
        Assert.Equal([6, 5, 2], Steps());
        Directory.CreateDirectory(Path.Combine(_checkpoints.Path, "step-0000000003")); // half-written
        Assert.Equal([6, 3], _checkpoints.RemoveAfter(5));
        Assert.Equal([5, 2], Steps());
        Assert.Equal(2, Directory.GetDirectories(_checkpoints.Path).Length);
    }

    [Fact]
    public void A_damaged_newest_falls_back_and_is_named()
    {
        Write(80);
        Write(100);
        string file = Path.Combine(Write(120).Path, "shard-1-of-2.rows");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^10] ^= 4;
        File.WriteAllBytes(file, bytes);

        CheckpointChoice choice = _checkpoints.LatestGood();

        Assert.True(choice.Found);
        Assert.Equal((100, 100), (choice.Entry.Step, choice.Manifest.Step));
        string problem = Assert.Single(choice.Problems).ToString();
        Assert.StartsWith($"checkpoint of step 120: {file}: table 'embedding': 1 bit differs: bit 2 of byte {bytes.Length - 10}", problem, StringComparison.Ordinal);
        Assert.EndsWith("The previous good one is step 100: resume with --from-step 100.", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_damage_is_a_problem()
    {
        CheckpointEntry entry = Write(5);
        string shard = Path.Combine(entry.Path, "shard-0-of-2.rows"), manifest = Path.Combine(entry.Path, "manifest.json");
        byte[] shardBytes = File.ReadAllBytes(shard), manifestBytes = File.ReadAllBytes(manifest);

        File.WriteAllBytes(shard, shardBytes[..^3]);
        Assert.Contains($"truncated: expected {shardBytes.Length} bytes, found {shardBytes.Length - 3}.", Problem(), StringComparison.Ordinal);
        File.Delete(shard);
        Assert.Contains("shard-0-of-2.rows: the file is missing.", Problem(), StringComparison.Ordinal);
        WriteShards(entry.Path, 5, value: 2);
        Assert.Contains("another file: SHA-256", entry.Verify()[0].ToString(), StringComparison.Ordinal);
        WriteShards(entry.Path, 5);
        Assert.Empty(entry.Verify());
        File.WriteAllBytes(manifest, manifestBytes[..^1]);
        Assert.Contains("manifest.json: not a checkpoint manifest", Problem(), StringComparison.Ordinal);
        Assert.False(_checkpoints.LatestGood().Found);
        Assert.EndsWith("No older checkpoint is whole: start a new run.", _checkpoints.LatestGood().Problems[0].ToString(), StringComparison.Ordinal);

        string Problem() => Assert.Single(entry.Verify()).ToString();
    }

    [Fact]
    public void A_checkpoint_under_the_name_of_another_step_is_damaged()
    {
        Write(4);
        Directory.Move(Write(5).Path, Path.Combine(_checkpoints.Path, "step-0000000006"));

        CheckpointChoice choice = _checkpoints.LatestGood();

        Assert.Equal(4, choice.Entry?.Step);
        Assert.Contains("the manifest is that of step 5.", Assert.Single(choice.Problems).ToString(), StringComparison.Ordinal);
    }

    private static List<ShardFileInfo> WriteShards(string directory, int step, float value = 1)
    {
        var files = new List<ShardFileInfo>();
        for (int shard = 0; shard < Shards; shard++)
        {
            using ShardFileWriter writer = ShardFileWriter.Create(
                Path.Combine(directory, CheckpointDirectory.ShardFileName(shard, Shards)), new(Manifests.Job, step, shard, Shards, [new("embedding", 3, 1, 4)]));
            writer.BeginTable("embedding");
            for (int row = 0; row < 4; row++)
                writer.WriteRow(row, step, [value, row, shard], [step]);
            files.Add(writer.Complete());
        }

        return files;
    }

    private CheckpointEntry Write(int step) => _checkpoints.Commit(Manifests.Of(step, WriteShards(_checkpoints.BeginWrite(step), step)));

    private IEnumerable<int> Steps() => _checkpoints.List().Select(e => e.Step);
}
