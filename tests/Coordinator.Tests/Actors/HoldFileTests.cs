using DistEmbed.Coordinator.Actors;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Actors;

public sealed class HoldFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("120\n", 120)]
    [InlineData("runs/toy-1 5\n", 5)]
    [InlineData("stages/words 5\ntoy-1 6\n7\n", 6)]
    [InlineData("stages/words 5\n", null)]
    [InlineData("", null)]
    public void The_first_line_that_fits_the_run_says_how_far_it_may_train(string text, int? step) =>
        Assert.Equal(step, new HoldFile(_folder.Write("hold", text), "/any/runs/toy-1").Read());

    [Fact]
    public void Without_a_file_no_run_is_held() => Assert.Null(new HoldFile(_folder.In("none"), "/any/runs/toy-1").Read());

    [Fact]
    public void A_line_that_names_no_step_is_refused() =>
        Assert.Throws<FormatException>(() => new HoldFile(_folder.Write("hold", "toy-1 soon\n"), "/any/runs/toy-1").Read());
}
