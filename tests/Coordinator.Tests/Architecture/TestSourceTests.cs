using System.Text.RegularExpressions;

namespace DistEmbed.Coordinator.Tests.Architecture;

/// <summary>The rules for tests, checked on their sources. A failure names the offenders.</summary>
public sealed class TestSourceTests
{
    /// <summary>Where fixtures are made, and what are no tests.</summary>
    private static readonly string[] s_exempt = ["tests/Testing/", "tests/Benchmarks/"];

    [Fact]
    public void Temporary_folders_are_made_by_one_class() =>
        None(Uses(@"\b(CreateTempSubdirectory|GetTempPath|GetTempFileName|GetRandomFileName)\b"), "temporary files and folders: use DistEmbed.Testing.TempFolder");

    [Fact]
    public void Certificates_are_made_by_one_class() => None(Uses(@"\bCertificateRequest\b"), "certificates: use DistEmbed.Testing.Certificates");

    [Fact]
    public void No_test_sleeps() => None(
        Uses(@"\b(Thread\.Sleep|Task\.Delay|SpinWait)\b", "tests/Cluster.Tests/Node/TestCluster.cs"), "sleeps: await a condition with DistEmbed.Testing.Wait");

    [Fact]
    public void Namespaces_of_tests_follow_folders() => None(
        from file in Repository.Files(".cs", "tests")
        let declared = Regex.Match(Repository.Code(file), @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value
        let expected = "DistEmbed." + Path.GetDirectoryName(file)!.Replace('\\', '/')["tests/".Length..].Replace('/', '.')
        where declared != expected && !(file.EndsWith("/Program.cs", StringComparison.Ordinal) && declared.Length == 0)
        select $"{file}: {declared}, expected {expected}", "namespaces of tests that differ from their folder");

    private static IEnumerable<string> Uses(string pattern, params string[] alsoExempt) =>
        from file in Repository.Files(".cs", "tests")
        where !s_exempt.Concat(alsoExempt).Any(exempt => file.StartsWith(exempt, StringComparison.Ordinal))
        from Match match in Regex.Matches(Repository.Code(file), pattern)
        select $"{file}: {match.Value}";

    private static void None(IEnumerable<string> offenders, string what)
    {
        string[] found = [.. offenders.Distinct()];
        Assert.True(found.Length == 0, $"{found.Length} {what}:\n  {string.Join("\n  ", found)}");
    }
}
