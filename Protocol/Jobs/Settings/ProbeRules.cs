namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>The rules about probes.</summary>
internal static class ProbeRules
{
    public static void Check(IReadOnlyList<ProbeSpec> probes, RuleErrors errors)
    {
        for (int i = 0; i < probes.Count; i++)
        {
            string path = SettingPath.Join("evaluation.probes", i);
            // One that could not be read is a gap.
            if (probes[i] is not { } probe)
                continue;
            errors.NotBlank(SettingPath.Join(path, "pairs"), probe.Pairs);
            errors.NotBlank(SettingPath.Join(path, "analogies"), probe.Analogies);
            errors.AtLeast(SettingPath.Join(path, "restrict"), probe.Restrict, 1);
            if (probe is { Pairs: null, Analogies: null })
                errors.Add(SettingPath.Join(path, "pairs"), "is required, or analogies in its place.", "Name a file with either.");
            if (probe is { Pairs: not null, Analogies: not null })
                errors.Add(SettingPath.Join(path, "analogies"), "is given beside pairs.", "Make two probes of them.");
            if (probe is { Analogies: null, Pairs: not null, Method: not null })
                errors.Add(SettingPath.Join(path, "method"), "means nothing for pairs.", "Leave it out.");
            if (probes.Take(i).Contains(probe))
                errors.Add(path, "is given twice.", "Keep one of them.");
        }
    }
}
