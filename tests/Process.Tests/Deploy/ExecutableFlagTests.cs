namespace DistEmbed.Process.Tests.Deploy;

public sealed class ExecutableFlagTests
{
    [Theory]
    [InlineData("distembed", "serve")]
    [InlineData("distembed-ps", "")]
    [InlineData("distembed-worker", "")]
    public async Task The_executables_know_every_flag_that_deploy_uses(string program, string verb)
    {
        string dll = Path.Combine(AppContext.BaseDirectory, program + ".dll");
        Ended help = await DistEmbedProcess.ShellAsync(AppContext.BaseDirectory, $"'{DistEmbedProcess.Dotnet}' '{dll}' {verb} --help");
        help.Expect(0);
        string[] known = [.. help.Output.Split([' ', '\n', ',', '<', '='], StringSplitOptions.RemoveEmptyEntries)];
        Assert.All(NodeFlags.Of[program], flag => Assert.Contains(flag, known));
    }
}
