using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>Names of runs and of their files as strangers give them: nothing that leads out of the run's directory is a name.</summary>
public static class RunFileName
{
    private const int Longest = 1024;

    /// <summary>Checks the name of a run: one folder.</summary>
    /// <exception cref="InvalidInputException">It is no name.</exception>
    public static void CheckRun(string run)
    {
        if (!IsPart(run) || run.Length > Longest)
            throw new InvalidInputException("run", $"{Shown(run)} does not name a run.", "Give the name of a run directory, such as quickstart-1.");
    }

    /// <summary>Checks the name of a file of a run: folders and a file, parted by slashes.</summary>
    /// <exception cref="InvalidInputException">It is no name.</exception>
    public static void CheckFile(string name)
    {
        if (name.Length > Longest || !name.Split('/').All(IsPart))
            throw new InvalidInputException("name", $"{Shown(name)} does not name a file of a run.", "Give a name as the list of the run's files tells it, such as result.json.");
    }

    private static bool IsPart(string part) =>
        part.Length > 0 && part is not ("." or "..") && part.All(c => !char.IsControl(c) && c is not ('/' or '\\' or ':'));

    private static string Shown(string name) => $"'{string.Concat(name.Take(100).Select(c => char.IsControl(c) ? '?' : c))}'";
}
