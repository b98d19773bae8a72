namespace DistEmbed.Coordinator.Cli;

/// <summary>What a coordinator does, in words that say more than its state's name.</summary>
internal static class StateWords
{
    /// <summary>The words; a state that is not known, or says enough, is shown as it is.</summary>
    public static string Of(string state) => state switch
    {
        "recovering" => "recovering: a server was lost",
        "finishing" => "finishing: tests, writes results",
        "stopping" => "stopping with a checkpoint",
        _ => state,
    };
}
