using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests;

public sealed class GoingBackTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Going_back_to_any_checkpoint_ends_on_the_same_bits()
    {
        RunDirectory expected = await Uninterrupted.ClassifierAsync();
        RunDirectory run = _folder.Take(expected, "run");
        int[] steps = [.. run.Checkpoints.List().Select(c => c.Step)];
        Assert.Equal(Enumerable.Range(1, 10).Select(i => 20 * i).Reverse(), steps);
        // From the newest back: each run writes the checkpoints after its own again.
        foreach (int step in TestScope.Of(steps, [steps[0], steps[5], steps[^1]]))
        {
            (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "run", "--resume", "--from-step", $"{step}")).Expect(0);
            Uninterrupted.AssertSame(expected, run);
            Assert.Equal(steps, run.Checkpoints.List().Select(c => c.Step));
        }
    }
}
