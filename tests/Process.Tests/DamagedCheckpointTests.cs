using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests;

public sealed class DamagedCheckpointTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("shard-1-of-2.rows", "flipped bit", "1 bit differs: bit 2 of byte ")]
    [InlineData("shard-0-of-2.rows", "cut", "truncated: expected")]
    [InlineData("shard-1-of-2.rows", "removed", "the file is missing")]
    [InlineData("manifest.json", "garbled", "manifest.json")]
    public async Task It_is_named_and_the_previous_good_one_offered_which_ends_on_the_same_bits(string file, string damage, string said)
    {
        RunDirectory expected = await Uninterrupted.ClassifierAsync();
        RunDirectory run = _folder.Take(expected, "run");
        string path = Path.Combine(run.Checkpoints.List()[0].Path, file);
        byte[] bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case "flipped bit":
                bytes[bytes.Length / 2] ^= 4;
                File.WriteAllBytes(path, bytes);
                break;
            case "cut":
                File.WriteAllBytes(path, bytes[..^7]);
                break;
            case "removed":
                File.Delete(path);
                break;
            default:
                File.WriteAllText(path, "{ \"formatVersion\": 1, \"what");
                break;
        }

        Ended refused = (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume")).Expect(2);
        string line = Assert.Single(refused.ErrorLines);
        Assert.Contains(path, line, StringComparison.Ordinal);
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.Contains("resume with --from-step 180.", line, StringComparison.Ordinal);

        (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume", "--from-step", "180")).Expect(0);
        Uninterrupted.AssertSame(expected, run);
    }

    [Fact]
    public async Task The_one_with_the_best_weights_is_named_before_the_steps_after_it_are_trained()
    {
        RunDirectory run = _folder.Take(await Uninterrupted.ClassifierAsync(), "run");
        int best = run.Checkpoints.Get(180).ReadManifest().Resume.Best!.Step;
        Assert.InRange(best, 40, 160);
        string path = Path.Combine(run.Checkpoints.Get(best).Path, "shard-0-of-2.rows");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^7]);

        Ended refused = (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume", "--from-step", "180")).Expect(2);

        string line = Assert.Single(refused.ErrorLines);
        Assert.Contains($"{path}: truncated", line, StringComparison.Ordinal);
        Assert.Contains($"resume with --from-step {best - 20}.", line, StringComparison.Ordinal);
        Assert.Equal(10, run.Checkpoints.List().Count);
    }
}
