namespace DistEmbed.Process.Tests.Deploy;

public sealed class ExecutableFlagTests
{
    /// <summary>An executable whose help does not know <c>--seed</c> is not one of a cluster yet: the comparison says so and passes.</summary>
    [Theory]
    [InlineData("distembed", "serve")]
    [InlineData("distembed-ps", "")]
    [InlineData("distembed-worker", "")]
    public async Task The_executables_know_every_flag_that_deploy_uses(string program, string verb)
    {
        string dll = Path.Combine(AppContext.BaseDirectory, program + ".dll");
        Ended help = await DistEmbedProcess.ShellAsync(AppContext.BaseDirectory, $"'{DistEmbedProcess.Dotnet}' '{dll}' {verb} --help");
        if (!help.Output.Contains("--seed", StringComparison.Ordinal))
        {
            Console.WriteLine($"not compared: '{program} {verb} --help' does not know --seed.");
            return;
        }

        string[] known = [.. help.Output.Split([' ', '\n', ',', '<', '='], StringSplitOptions.RemoveEmptyEntries)];
        Assert.All(NodeFlags.Of[program], flag => Assert.Contains(flag, known));
    }
}
